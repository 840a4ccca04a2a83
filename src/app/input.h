// Texts that commands read: files and standard input.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include <sys/types.h>

#include "base/result.h"

namespace hanok {

// More than this no text may hold.
inline constexpr uint64_t kMaxTextBytes = 256'000'000;

// Waits until there is something to read, or its end; false when an InterruptScope saw a signal first.
bool wait_for_input(int descriptor);
// Waits and reads some bytes: how many, 0 at the end, -1 with errno set (EINTR: an InterruptScope saw a signal).
ssize_t read_some(int descriptor, std::span<char> room);

// The whole file, byte by byte; "-" is standard input. Pipes are read to their end, devices are refused. Errors:
// kNotFound, kIo, kInvalidInput for what is no file, kLimit above max_bytes, kInterrupted when an InterruptScope saw a
// signal meanwhile.
Result<std::string> read_text(const std::filesystem::path& path, uint64_t max_bytes = kMaxTextBytes);

}  // namespace hanok
