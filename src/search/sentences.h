// Cuts a text into sentences as Korean and English writing end them, and into the items of lists.
#pragma once

#include <string_view>
#include <vector>

#include "search/terms.h"

namespace hanok {

// The sentences in order, without the white space around them; together they hold all else. `text` is valid UTF-8.
// A full stop ends none behind a number ("2026. 3. 1.", "1. 목적"), a single letter or an abbreviation; Korean endings
// ("했다.그리고") do without the space. A line feed ends one before another line feed or an item's mark ("가.", "1)",
// "①", "-", "제2조").
std::vector<TextSpan> split_sentences(std::string_view text);

}  // namespace hanok
