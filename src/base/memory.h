// How much memory this process may still take.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace hanok {

// Bytes that can be had without swapping: the least of what the system has (/proc/meminfo), what the limits of the
// process's control groups leave (containers) and what its own limit of addresses leaves (ulimit -v). Nothing when
// unknown. `root` is where /proc and /sys lie.
std::optional<uint64_t> available_memory(const std::filesystem::path& root = "/");

}  // namespace hanok
