#include "text/unicode.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <utf8proc.h>

#include "text/unicode_reference.h"

namespace hanok {
namespace {

bool in_categories(char32_t c, utf8proc_category_t first, utf8proc_category_t last) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= first && category <= last;
}

bool is_ascii_punctuation(char32_t c) {
  return (c >= 0x21 && c <= 0x2f) || (c >= 0x3a && c <= 0x40) || (c >= 0x5b && c <= 0x60) || (c >= 0x7b && c <= 0x7e);
}

// Starters that no composition touches (NFC_Quick_Check=Yes): text of these alone is its own NFC.
bool is_plain_in_nfc(char32_t c) {
  return c < 0x300 || (c >= 0xac00 && c <= 0xd7a3) || (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3041 && c <= 0x3096) ||
         (c >= 0x30a0 && c <= 0x30ff) || (c >= 0x2010 && c <= 0x205e) || (c >= 0x3001 && c <= 0x3029);
}

bool is_unchanged(std::string_view text, Normalization form) {
  bool unchanged = true;
  for_each_char(text, [&](char32_t c, std::string_view) {
    unchanged = unchanged && (c < 0x80 || (form == Normalization::kNfc && is_plain_in_nfc(c)));
  });
  return unchanged;
}

std::string normalize_whole(std::string_view text, Normalization form) {
  const bool compose = form == Normalization::kNfc || form == Normalization::kNfkc;
  const bool compatible = form == Normalization::kNfkc || form == Normalization::kNfkd;
  int options = UTF8PROC_STABLE | (compose ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE);
  if (compatible) options |= UTF8PROC_COMPAT;
  utf8proc_uint8_t* out = nullptr;
  const auto n =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &out, static_cast<utf8proc_option_t>(options));
  // Valid UTF-8 below 2 GB cannot fail except for want of memory.
  if (n < 0) throw std::bad_alloc();
  std::string result(reinterpret_cast<const char*>(out), static_cast<size_t>(n));
  std::free(out);
  return result;
}

// Characters that the reference neither takes apart nor moves: they stand as they are, and nothing composes with them.
bool stands_apart(char32_t c) {
  return is_in(kLaterCompositions, c) || is_in(kLaterOrder, c);
}

// Characters that utf8proc composes with the one before where the reference does not: U+11A7, the code before the first
// final consonant (an error of utf8proc 2.8, against TIndex > 0 in section 3.12 of Unicode 15), and U+11930, the end of
// the one composition that is younger than the reference.
bool composes_with_nothing(char32_t c) {
  return c == 0x11a7 || c == 0x11930;
}

}  // namespace

bool is_white_space(char32_t c) {
  return (c >= 0x9 && c <= 0xd) || c == 0x20 || c == 0x85 ||
         (c >= 0xa0 && in_categories(c, UTF8PROC_CATEGORY_ZS, UTF8PROC_CATEGORY_ZP));
}

bool is_number(char32_t c) {
  return in_categories(c, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO) || is_in(kLaterNumbers, c);
}

bool is_punctuation(char32_t c) {
  if (c < 0x80) return is_ascii_punctuation(c);
  const bool is = in_categories(c, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO) && !is_in(kLaterPunctuation, c);
  return is || c == 0x166d || c == 0x111c9;  // punctuation until Unicode 11
}

bool is_mark(char32_t c) {
  const bool is = in_categories(c, UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_ME) && !is_in(kLaterCombining, c);
  return is || c == 0x1cf2 || c == 0x1cf3;  // marks until Unicode 12
}

bool is_nonspacing_mark(char32_t c) {
  const bool is = in_categories(c, UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_MN) && !is_in(kLaterMarks, c);
  return is || c == 0x1734;  // a nonspacing mark until Unicode 14
}

bool is_control(char32_t c) {
  return in_categories(c, UTF8PROC_CATEGORY_CC, UTF8PROC_CATEGORY_CO) && !is_in(kLaterControls, c);
}

bool is_word(char32_t c) {
  if (in_categories(c, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_NL)) return true;  // L*, M*, Nd, Nl
  if (in_categories(c, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PC) || c == 0x200c || c == 0x200d) return true;
  // Other_Alphabetic beyond the marks: circled and squared letters.
  return (c >= 0x24b6 && c <= 0x24e9) || (c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169) ||
         (c >= 0x1f170 && c <= 0x1f189);
}

bool is_cjk_ideograph(char32_t c) {
  static constexpr std::pair<char32_t, char32_t> kBlocks[] = {
      {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xf900, 0xfaff},   {0x20000, 0x2a6df},
      {0x2a700, 0x2b73f}, {0x2b740, 0x2b81f}, {0x2b920, 0x2ceaf}, {0x2f800, 0x2fa1f}};
  return std::any_of(std::begin(kBlocks), std::end(kBlocks),
                     [c](const auto& block) { return c >= block.first && c <= block.second; });
}

void append_lowercase(std::string& out, char32_t c) {
  char32_t lower = c == 0x130 ? U'i' : static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
  for (const LaterCase& later : kLaterCase) {
    if (c < later.upper.first) break;
    if (c <= later.upper.last) lower = static_cast<char32_t>(static_cast<int32_t>(c) + later.to_lower);
  }
  append_utf8(out, lower);
  if (c == 0x130) append_utf8(out, 0x307);  // the only lower case of more than one character
}

std::string normalize(std::string_view text, Normalization form) {
  if (is_unchanged(text, form)) return std::string(text);
  std::string out;
  size_t begin = 0, at = 0;
  const auto normalize_to = [&](size_t end) {
    if (end > begin) out += normalize_whole(text.substr(begin, end - begin), form);
    begin = end;
  };
  for_each_char(text, [&](char32_t c, std::string_view bytes) {
    const bool apart = stands_apart(c);
    if (apart || composes_with_nothing(c)) normalize_to(at);
    at += bytes.size();
    if (!apart) return;
    out += bytes;
    begin = at;
  });
  normalize_to(text.size());
  return out;
}

size_t grapheme_length(std::string_view text) {
  utf8proc_int32_t state = 0;
  size_t at = 0;
  utf8proc_int32_t previous = 0;
  while (at < text.size()) {
    const auto c = static_cast<utf8proc_int32_t>(utf8_code_point(text.substr(at)));
    if (at > 0 && utf8proc_grapheme_break_stateful(previous, c, &state)) break;
    previous = c;
    at += char_bytes(text[at]);
  }
  return at;
}

}  // namespace hanok
