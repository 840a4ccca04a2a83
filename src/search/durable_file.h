// Files of an index on the disk: readable by their owner alone, and whole or not there.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "base/result.h"

namespace hanok {

// Gets the pieces of a file, one after the other.
using WritePiece = std::function<Status(std::string_view)>;

// Makes or replaces the file with what `fill` writes, and syncs it and its folder: written aside under the name with
// ".new" behind it, then renamed. Error: kIo, also for a full disk; nothing is left of the file then.
Status write_durably(const std::filesystem::path& path, const std::function<Status(const WritePiece&)>& fill);

// A folder that only its owner may enter, with those above it. Error: kIo.
Status make_private_folder(const std::filesystem::path& folder);

}  // namespace hanok
