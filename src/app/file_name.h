// Names of files in Hangul, which macOS writes in letters (NFD) and everybody else in syllables (NFC).
#pragma once

#include <filesystem>

namespace hanok {

// The path as it is on the disk: itself where it exists, else with its names in the other form. Where nothing is found,
// the path itself.
std::filesystem::path existing_path(const std::filesystem::path& path);

}  // namespace hanok
