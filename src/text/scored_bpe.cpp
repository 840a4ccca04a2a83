#include "text/scored_bpe.h"

#include <algorithm>
#include <queue>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "text/bpe.h"
#include "text/unicode.h"

namespace hanok {
namespace {

// A stretch of the piece; a merged symbol keeps its left place and grows, the right one has no bytes left.
struct Symbol {
  uint32_t begin, n_bytes;
  int32_t previous, next;
  bool frozen;
};

struct Candidate {
  float score;
  int32_t left, right;  // indices of the symbols
  uint32_t n_bytes;     // of both together when the pair was found
  bool operator<(const Candidate& other) const {
    return score < other.score || (score == other.score && left > other.left);
  }
};

// Where the pieces that must be taken apart again were joined: by id, bytes of the left half.
using Joints = std::unordered_map<int32_t, uint32_t>;

PieceTrie frozen_pieces(const Vocabulary& vocabulary, const std::vector<ScoredBpe::Entry>& entries) {
  std::vector<std::pair<std::string_view, int32_t>> pieces;
  for (size_t id = 0; id < entries.size(); ++id) {
    if (entries[id].frozen) pieces.emplace_back(vocabulary.pieces()[id], 0);
  }
  return PieceTrie(std::move(pieces));
}

}  // namespace

ScoredBpe::ScoredBpe(std::shared_ptr<const Vocabulary> vocabulary, std::vector<Entry> entries,
                     std::optional<int32_t> unknown, bool byte_fallback)
    : vocabulary_(std::move(vocabulary)),
      entries_(std::move(entries)),
      unknown_(unknown),
      byte_fallback_(byte_fallback),
      frozen_(frozen_pieces(*vocabulary_, entries_)),
      byte_ids_(byte_fallback_ids(*vocabulary_)) {}

int32_t ScoredBpe::merged_id(std::string_view text) const {
  const int32_t id = vocabulary_->find(text);
  return id >= 0 && entries_[static_cast<size_t>(id)].mergeable ? id : -1;
}

void ScoredBpe::add_characters_of(std::string_view text, size_t n_before, std::vector<int32_t>& ids) const {
  bool bytes_known = byte_fallback_;
  for (const char c : text) bytes_known = bytes_known && byte_ids_[static_cast<uint8_t>(c)] >= 0;
  if (bytes_known) {
    for (const char c : text) ids.push_back(byte_ids_[static_cast<uint8_t>(c)]);
  } else if (unknown_ && (ids.size() == n_before || ids.back() != *unknown_)) {
    ids.push_back(*unknown_);  // neighbouring unknown characters are one
  }
}

Status ScoredBpe::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  thread_local std::vector<Symbol> symbols;
  symbols.clear();
  for (size_t at = 0; at < piece.size();) {
    size_t n = std::min(char_bytes(piece[at]), piece.size() - at), n_frozen = 0;
    frozen_.prefixes(0, piece.substr(at), [&](size_t n_bytes, int32_t) { n_frozen = n_bytes; });
    if (n_frozen > 0) n = n_frozen;
    const auto i = static_cast<int32_t>(symbols.size());
    symbols.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(n), i - 1, i + 1, n_frozen > 0});
    at += n;
  }
  if (symbols.empty()) return {};
  symbols.back().next = -1;
  const auto symbol = [](int32_t i) -> Symbol& { return symbols[static_cast<size_t>(i)]; };

  std::vector<Candidate> storage;
  storage.reserve(symbols.size());
  std::priority_queue<Candidate> queue({}, std::move(storage));
  Joints joints;
  const auto consider = [&](int32_t left) {
    const int32_t right = left < 0 ? -1 : symbol(left).next;
    if (right < 0 || symbol(left).frozen || symbol(right).frozen) return;
    const uint32_t n_bytes = symbol(left).n_bytes + symbol(right).n_bytes;
    const int32_t id = merged_id(piece.substr(symbol(left).begin, n_bytes));
    if (id < 0) return;
    const Entry& entry = entries_[static_cast<size_t>(id)];
    queue.push({entry.score, left, right, n_bytes});
    if (entry.unused) joints[id] = symbol(left).n_bytes;
  };
  for (size_t i = 0; i + 1 < symbols.size(); ++i) consider(static_cast<int32_t>(i));
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol &left = symbol(best.left), &right = symbol(best.right);
    // Symbols only grow, so the pair is still the same when its bytes are.
    if (left.n_bytes == 0 || right.n_bytes == 0 || left.n_bytes + right.n_bytes != best.n_bytes) continue;
    left.n_bytes = best.n_bytes;
    left.next = right.next;
    if (right.next >= 0) symbol(right.next).previous = best.left;
    right.n_bytes = 0;
    consider(left.previous);
    consider(best.left);
  }

  const size_t n_before = ids.size();
  std::vector<std::string_view> parts;  // still to be written, the next one last
  for (int32_t i = 0; i >= 0; i = symbol(i).next) {
    parts.push_back(piece.substr(symbol(i).begin, symbol(i).n_bytes));
    while (!parts.empty()) {
      const std::string_view part = parts.back();
      parts.pop_back();
      const int32_t id = merged_id(part);
      const auto joint = id < 0 || !entries_[static_cast<size_t>(id)].unused ? joints.end() : joints.find(id);
      if (joint != joints.end()) {
        parts.push_back(part.substr(joint->second));
        parts.push_back(part.substr(0, joint->second));
      } else if (id >= 0) {
        ids.push_back(id);
      } else {
        add_characters_of(part, n_before, ids);
      }
    }
  }
  return {};
}

}  // namespace hanok
