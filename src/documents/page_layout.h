// Lines of words with boxes, as a PDF or a recognised picture gives them, made into paragraphs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hanok {

struct LayoutWord {
  std::string text;  // valid UTF-8
  double left = 0, right = 0;
};

struct LayoutLine {
  double top = 0, bottom = 0;
  std::vector<LayoutWord> words;
};

// The text of a block of lines. A line that had room left for the next word ended on purpose and ends with a line feed;
// any other with a space.
std::string text_of_lines(std::span<const LayoutLine> lines);

// How many characters other than spaces the text has.
size_t n_visible_characters(std::string_view text);

// Whether the text cannot be what the page shows: private-use, control or replacement characters in numbers, or Hangul
// from a font whose map to Unicode is wrong (syllables without a final are rare then, rare finals common).
bool is_garbled(std::string_view text);

}  // namespace hanok
