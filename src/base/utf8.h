// Looks at UTF-8 text: where it is valid, what it takes to repair it, and how many bytes a character has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hanok {

// One step through text: the code point (U+FFFD when invalid), how many bytes it takes (1 or more), whether it is valid.
struct Utf8Step {
  char32_t code_point = 0xFFFD;
  size_t n_bytes = 1;
  bool valid = false;
  bool truncated = false;  // the text ended inside a character that was valid so far
};

// The character at `at` (must be inside the text). An invalid one takes its maximal invalid part, as Unicode advises.
Utf8Step utf8_step(std::string_view text, size_t at);

// The longest prefix that is valid UTF-8, in bytes.
size_t utf8_valid_prefix(std::string_view text);
// The longest prefix that does not end inside a character; broken bytes elsewhere are kept.
size_t utf8_whole_prefix(std::string_view text);
// Each maximal invalid part becomes U+FFFD.
std::string utf8_repair(std::string_view text);
void utf8_append(std::string& out, char32_t code_point);

// The text without its last user-perceived character: combining marks, jamo of one syllable and joined emoji go together.
std::string_view utf8_drop_last(std::string_view text);
// Columns on a terminal: Hangul, Hanja and emoji take two, combining marks and joined jamo none.
size_t utf8_width(std::string_view text);

}  // namespace hanok
