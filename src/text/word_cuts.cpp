#include "text/word_cuts.h"

#include <algorithm>

namespace hanok {
namespace {

// The bytes of the character that ends at `end`.
uint32_t character_before(std::string_view text, size_t end) {
  uint32_t packed = 0;
  for (size_t n = 0; n < 4 && n < end; ++n) {
    const auto byte = static_cast<uint8_t>(text[end - 1 - n]);
    packed |= static_cast<uint32_t>(byte) << (8 * n);
    if ((byte & 0xc0) != 0x80) break;
  }
  return packed;
}

}  // namespace

WordCuts::WordCuts(const Vocabulary& vocabulary) : cuts_(vocabulary.find(kMark) >= 0) {
  if (!cuts_) return;
  for (const std::string_view piece : vocabulary.pieces()) {
    for (size_t at = piece.find(kMark, 1); at != std::string_view::npos; at = piece.find(kMark, at + 1)) {
      before_.push_back(character_before(piece, at));
      if (piece.starts_with("<0x")) cuts_ = false;  // may hold the byte of any character
    }
  }
  std::sort(before_.begin(), before_.end());
  before_.erase(std::unique(before_.begin(), before_.end()), before_.end());
}

bool WordCuts::is_joint(std::string_view text, size_t at) const {
  return std::binary_search(before_.begin(), before_.end(), character_before(text, at));
}

}  // namespace hanok
