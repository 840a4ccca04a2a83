// What tokenizers ask about characters: classes, lower case, normalization forms.
#pragma once

#include <string>
#include <string_view>

#include "base/utf8.h"

namespace hanok {

enum class Normalization { kNfc, kNfd, kNfkc, kNfkd };

bool is_white_space(char32_t c);      // the property White_Space
bool is_number(char32_t c);           // Nd, Nl, No
bool is_punctuation(char32_t c);      // ASCII punctuation and P*
bool is_mark(char32_t c);             // M*
bool is_nonspacing_mark(char32_t c);  // Mn
bool is_control(char32_t c);          // Cc, Cf, Cs, Co
bool is_word(char32_t c);             // what \w matches: Alphabetic, M*, Nd, Pc, Join_Control
bool is_cjk_ideograph(char32_t c);    // the blocks BERT puts spaces around

// The full lower case mapping, which does not depend on what stands around the character.
void append_lowercase(std::string& out, char32_t c);

// `text` is valid UTF-8.
std::string normalize(std::string_view text, Normalization form);

// Bytes of the first extended grapheme cluster.
size_t grapheme_length(std::string_view text);

// Bytes from the start of one character to the next in valid UTF-8.
inline size_t char_bytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

// Calls visit(code point, its bytes) for each character of valid UTF-8.
template <class Visit>
void for_each_char(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::string_view bytes = text.substr(0, char_bytes(text[0]));
    visit(utf8_code_point(bytes), bytes);
    text.remove_prefix(bytes.size());
  }
}

}  // namespace hanok
