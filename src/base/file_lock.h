// Locks on files that are being written, which the system lets go when their writer dies.
#pragma once

#include <filesystem>

namespace hanok {

// Takes the lock of an open file if nobody else has it.
bool try_lock(int fd);
// Whether the open file still has this name: a file that is locked may have been renamed or removed before.
bool is_named(int fd, const std::filesystem::path& path);

}  // namespace hanok
