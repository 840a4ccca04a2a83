#include "text/vocabulary.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace hanok {
namespace {

uint32_t hash_of(std::string_view text) {
  uint64_t hash = 0x9e3779b97f4a7c15u ^ text.size();
  while (text.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = std::rotl((hash ^ word) * 0xff51afd7ed558ccdu, 29);
    text.remove_prefix(8);
  }
  uint64_t word = 0;
  std::memcpy(&word, text.data(), text.size());
  hash = (hash ^ word) * 0xff51afd7ed558ccdu;
  hash ^= hash >> 32;
  return static_cast<uint32_t>((hash * 0xc4ceb9fe1a85ec53u) >> 32);
}

}  // namespace

Vocabulary::Vocabulary(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {
  slots_.resize(std::bit_ceil(std::max<size_t>(16, 2 * pieces_.size())));
  const size_t mask = slots_.size() - 1;
  for (size_t i = 0; i < pieces_.size(); ++i) {
    const std::string& piece = pieces_[i];
    if (piece.empty()) continue;
    longest_bytes_ = std::max(longest_bytes_, piece.size());
    const uint32_t hash = hash_of(piece);
    size_t at = hash & mask;
    while (slots_[at].id >= 0 && !(slots_[at].hash == hash && pieces_[static_cast<size_t>(slots_[at].id)] == piece)) {
      at = (at + 1) & mask;
    }
    if (slots_[at].id < 0) slots_[at] = {hash, static_cast<int32_t>(i)};
  }
}

int32_t Vocabulary::find(std::string_view piece) const {
  if (piece.empty() || piece.size() > longest_bytes_) return -1;
  const uint32_t hash = hash_of(piece);
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask; slots_[at].id >= 0; at = (at + 1) & mask) {
    if (slots_[at].hash == hash && pieces_[static_cast<size_t>(slots_[at].id)] == piece) return slots_[at].id;
  }
  return -1;
}

std::optional<int32_t> Vocabulary::get(std::string_view piece) const {
  const int32_t id = find(piece);
  return id < 0 ? std::nullopt : std::optional<int32_t>(id);
}

}  // namespace hanok
