#include "documents/page_layout.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace hanok {
namespace {

constexpr double kSpaceShare = 0.25;  // of the line's height: the least room between two words
constexpr size_t kMinSyllables = 40;  // fewer say nothing about a font

double right_edge(std::span<const LayoutLine> lines) {
  double right = 0;
  for (const LayoutLine& line : lines)
    if (!line.words.empty()) right = std::max(right, line.words.back().right);
  return right;
}

bool had_room_for(const LayoutLine& line, const LayoutWord& next, double right) {
  const double room = right - line.words.back().right;
  return next.right - next.left + kSpaceShare * (line.bottom - line.top) <= room;
}

bool is_syllable(char32_t c) {
  return c >= 0xAC00 && c <= 0xD7A3;
}

// Finals other than ㄱ, ㄴ, ㄹ, ㅁ, ㅂ, ㅅ, ㅆ and ㅇ, by their index in a syllable.
bool is_rare_final(uint32_t final_idx) {
  constexpr std::array<uint32_t, 9> kCommon = {0, 1, 4, 8, 16, 17, 19, 20, 21};
  return std::find(kCommon.begin(), kCommon.end(), final_idx) == kCommon.end();
}

struct CharacterCounts {
  size_t n_visible = 0, n_private = 0, n_broken = 0;
  size_t n_syllables = 0, n_without_final = 0, n_rare_finals = 0;
};

CharacterCounts count_characters(std::string_view text) {
  CharacterCounts n;
  while (!text.empty()) {
    const size_t length = utf8_char_length(text);
    const char32_t c = length == 0 ? 0xFFFD : utf8_code_point(text);
    text.remove_prefix(std::max<size_t>(1, length));
    if (c == ' ' || c == '\n' || c == '\t' || c == 0xA0 || c == 0x3000) continue;
    ++n.n_visible;
    if ((c >= 0xE000 && c <= 0xF8FF) || c >= 0xF0000) ++n.n_private;
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xFFFD) ++n.n_broken;
    if (!is_syllable(c)) continue;
    const uint32_t final_idx = (c - 0xAC00) % 28;
    ++n.n_syllables;
    if (final_idx == 0) ++n.n_without_final;
    if (is_rare_final(final_idx)) ++n.n_rare_finals;
  }
  return n;
}

}  // namespace

std::string text_of_lines(std::span<const LayoutLine> lines) {
  std::string out;
  const double right = right_edge(lines);
  const LayoutLine* last = nullptr;
  for (const LayoutLine& line : lines) {
    if (line.words.empty()) continue;
    if (last != nullptr) out += had_room_for(*last, line.words.front(), right) ? '\n' : ' ';
    for (const LayoutWord& word : line.words) {
      if (&word != &line.words.front()) out += ' ';
      out += word.text;
    }
    last = &line;
  }
  return out;
}

size_t n_visible_characters(std::string_view text) {
  return count_characters(text).n_visible;
}

bool is_garbled(std::string_view text) {
  const CharacterCounts n = count_characters(text);
  if (n.n_private * 5 > n.n_visible || n.n_broken * 20 > n.n_visible) return true;
  return n.n_syllables >= kMinSyllables && n.n_without_final * 100 < n.n_syllables * 15 &&
         n.n_rare_finals * 4 >= n.n_syllables;
}

}  // namespace hanok
