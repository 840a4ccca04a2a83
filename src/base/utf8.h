// Looks at UTF-8 text: where it is valid, what it takes to repair it, and how many bytes a character has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hanok {

// Bytes of the character the text begins with; 0 when the text is empty or begins with none.
size_t utf8_char_length(std::string_view text);
// The code point the text begins with; only where utf8_char_length is not 0.
char32_t utf8_code_point(std::string_view text);
void append_utf8(std::string& out, char32_t c);
// Each maximal invalid part becomes U+FFFD.
std::string replace_invalid_utf8(std::string_view text);
// The longest prefix that does not end inside a character, in bytes; broken bytes elsewhere are kept.
size_t complete_utf8_prefix(std::string_view text);

}  // namespace hanok
