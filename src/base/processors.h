// How many processors this process may use.
#pragma once

#include <filesystem>

namespace hanok {

// At least 1: the least of the processors that the calling thread may run on and, rounded up, of what the limits of the
// process's control groups (docker run --cpus=2) amount to. `root` is where /proc and /sys lie.
int n_usable_processors(const std::filesystem::path& root = "/");

}  // namespace hanok
