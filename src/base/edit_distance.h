// How far two short names are apart, to find the one that was meant.
#pragma once

#include <cstddef>
#include <string_view>

namespace hanok {

// Levenshtein distance in bytes: insertions, deletions and replacements that turn a into b.
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace hanok
