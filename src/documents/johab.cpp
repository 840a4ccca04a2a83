#include "documents/johab.h"

#include <array>
#include <optional>

#include "base/text_encoding.h"
#include "base/utf8.h"
#include "documents/bytes.h"

namespace hanok {
namespace {

constexpr int kNone = -1;
constexpr uint16_t kAraea = 30;  // the vowel ㆍ, for which no syllable is composed

constexpr int initial_of(uint16_t idx) {
  return idx >= 2 && idx <= 20 ? idx - 2 : kNone;
}

// Vowels lie in groups of six with two indexes left free before each.
constexpr int vowel_of(uint16_t idx) {
  constexpr std::array<int8_t, 32> kVowels = {-1, -1, -1, 0,  1,  2,  3,  4,  -1, -1, 5,  6,  7,  8,  9,  10,
                                              -1, -1, 11, 12, 13, 14, 15, 16, -1, -1, 17, 18, 19, 20, -1, -1};
  return kVowels[idx];
}

// Index 1 is no final; 18 is free.
constexpr int final_of(uint16_t idx) {
  if (idx >= 1 && idx <= 17) return idx - 1;
  return idx >= 19 && idx <= 29 ? idx - 2 : kNone;
}

bool append_hangul(std::string& out, uint16_t code) {
  const int initial = initial_of((code >> 10) & 31), last = final_of(code & 31);
  const uint16_t vowel_idx = (code >> 5) & 31;
  const int vowel = vowel_of(vowel_idx);
  if (initial == kNone || last == kNone || (vowel == kNone && vowel_idx != kAraea)) return false;
  if (vowel_idx != kAraea) {
    append_utf8(out, static_cast<char32_t>(0xAC00 + (initial * 21 + vowel) * 28 + last));
    return true;
  }
  append_utf8(out, static_cast<char32_t>(0x1100 + initial));
  append_utf8(out, 0x119E);
  if (last > 0) append_utf8(out, static_cast<char32_t>(0x11A7 + last));
  return true;
}

struct Sign {
  uint16_t code;
  char16_t shown;
};

// Below 0x8000 HWP has signs of its own; these are known from documents that exist in two formats.
constexpr auto kSigns = std::to_array<Sign>({{0x0081, 0x201C},
                                             {0x0082, 0x201D},
                                             {0x2F17, 0x2022},
                                             {0x2F67, 0x25B8},
                                             {0x301C, 0x2501},
                                             {0x303D, 0x25A0},
                                             {0x3366, 0x25A1},
                                             {0x3404, 0x2024},
                                             {0x37C0, u'한'},  // Hangul's maker, as it writes itself
                                             {0x37C1, u'글'},
                                             {0x37C2, u'과'},
                                             {0x37C3, u'컴'},
                                             {0x37C4, u'퓨'},
                                             {0x37C5, u'터'}});

// KS X 1001's signs (but not its kana and Cyrillic) begin at 0x3401 with 96 codes for each of its rows of 94, its Hanja
// at 0x4000 without gaps.
bool append_listed(std::string& out, uint16_t code) {
  constexpr uint16_t kSignsAt = 0x3401, kSignRow = 96, kHanjaAt = 0x4000, kHanjaRow = 94;
  constexpr int kFirstRow = 0xA1, kLastSignRow = 0xA9, kFirstHanjaRow = 0xCA, kLastHanjaRow = 0xFD, kFirstCell = 0xA1;
  const bool is_hanja = code >= kHanjaAt;
  if (code < kSignsAt) return false;
  const int idx = code - (is_hanja ? kHanjaAt : kSignsAt), n_row = is_hanja ? kHanjaRow : kSignRow;
  const int row = (is_hanja ? kFirstHanjaRow : kFirstRow) + idx / n_row, cell = kFirstCell + idx % n_row;
  if (row > (is_hanja ? kLastHanjaRow : kLastSignRow) || cell > 0xFE) return false;
  const std::string bytes{static_cast<char>(row), static_cast<char>(cell)};
  const std::optional<std::string> text = decode_named(bytes, "euc-kr");
  if (!text || text->find("\xEF\xBF\xBD") != std::string::npos) return false;
  out += *text;
  return true;
}

bool append_sign(std::string& out, uint16_t code) {
  for (const Sign& sign : kSigns) {
    if (sign.code != code) continue;
    append_utf8(out, sign.shown);
    return true;
  }
  return append_listed(out, code);
}

// Signs and Hanja lie where KS X 1001's own Johab has them.
bool append_standard(std::string& out, uint16_t code) {
  const std::string bytes{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  const std::optional<std::string> text = decode_named(bytes, "johab");
  if (!text || text->empty() || text->find("\xEF\xBF\xBD") != std::string::npos) return false;
  out += *text;
  return true;
}

}  // namespace

bool append_hwp3_character(std::string& out, uint16_t code) {
  if (code < 0x80) {
    append_character(out, code);
    return true;
  }
  if (code < 0x8000) return append_sign(out, code);
  return append_hangul(out, code) || append_standard(out, code);
}

std::string hwp3_text(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const uint16_t code = read_u16(bytes, i);
    if (code == 0) break;
    append_hwp3_character(out, code);
  }
  return out;
}

}  // namespace hanok
