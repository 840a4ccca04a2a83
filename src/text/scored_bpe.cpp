#include "text/scored_bpe.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "text/bpe.h"
#include "text/unicode.h"

namespace hanok {
namespace {

constexpr size_t kFew = 32;

struct Candidate {
  float score;
  int32_t left, right;  // indices of the symbols
  uint32_t n_bytes;     // of both together when the pair was found
  bool operator<(const Candidate& other) const {
    return score < other.score || (score == other.score && left > other.left);
  }
};

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
      byte_ids_(byte_fallback_ids(*vocabulary_)),
      whole_(std::make_unique<std::atomic<uint8_t>[]>(entries_.size())) {
  // Where tokens are taken apart again, it counts for one word how the last pair of the whole text was joined.
  const auto is_unused = [](const Entry& entry) { return entry.unused; };
  if (std::none_of(entries_.begin(), entries_.end(), is_unused)) cuts_ = WordCuts(*vocabulary_);
}

int32_t ScoredBpe::merged_id(std::string_view text) const {
  const int32_t id = vocabulary_->find(text);
  return id >= 0 && entries_[static_cast<size_t>(id)].mergeable ? id : -1;
}

Status ScoredBpe::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  const size_t n_before = ids.size();
  cuts_.each(piece, [&](std::string_view word) { encode_word(word, n_before, ids); });
  return {};
}

void ScoredBpe::encode_word(std::string_view word, size_t n_before, std::vector<int32_t>& ids) const {
  const int32_t id = merged_id(word);
  std::atomic<uint8_t>* whole = id < 0 ? nullptr : &whole_[static_cast<size_t>(id)];
  if (whole != nullptr && whole->load(std::memory_order_relaxed) == kWhole) {
    ids.push_back(id);
    return;
  }
  thread_local std::vector<Symbol> symbols;
  symbols.clear();
  split(word, symbols);
  Joints joints;
  if (symbols.size() <= kFew) {
    merge_few(word, symbols, joints);
  } else {
    merge_many(word, symbols, joints);
  }
  const size_t first = ids.size();
  for (const Symbol& symbol : symbols) add_symbol(word.substr(symbol.begin, symbol.n_bytes), joints, n_before, ids);
  if (whole != nullptr && whole->load(std::memory_order_relaxed) == kNotTried) {
    const bool is_whole = ids.size() == first + 1 && ids.back() == id;
    whole->store(is_whole ? kWhole : kInParts, std::memory_order_relaxed);
  }
}

// Frozen pieces and single characters.
void ScoredBpe::split(std::string_view word, std::vector<Symbol>& symbols) const {
  for (size_t at = 0; at < word.size();) {
    size_t n = std::min(char_bytes(word[at]), word.size() - at), n_frozen = 0;
    if (frozen_.starts_with(word[at])) {
      frozen_.prefixes(0, word.substr(at), [&](size_t n_bytes, int32_t) { n_frozen = n_bytes; });
    }
    if (n_frozen > 0) n = n_frozen;
    symbols.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(n), n_frozen > 0});
    at += n;
  }
}

ScoredBpe::Merge ScoredBpe::merge_of(std::string_view word, const Symbol& left, const Symbol& right,
                                     Joints& joints) const {
  if (left.frozen || right.frozen) return {};
  const int32_t id = merged_id(word.substr(left.begin, left.n_bytes + right.n_bytes));
  if (id < 0) return {};
  const Entry& entry = entries_[static_cast<size_t>(id)];
  if (entry.unused) joints[id] = left.n_bytes;
  return {entry.score, id};
}

void ScoredBpe::merge_few(std::string_view word, std::vector<Symbol>& symbols, Joints& joints) const {
  size_t n = symbols.size();
  std::array<Merge, kFew> pairs;  // pairs[i] is what symbols i and i + 1 become
  const auto look = [&](size_t i) { pairs[i] = merge_of(word, symbols[i], symbols[i + 1], joints); };
  for (size_t i = 0; i + 1 < n; ++i) look(i);
  for (;;) {
    size_t best = n;
    for (size_t i = 0; i + 1 < n; ++i) {
      if (pairs[i].id >= 0 && (best == n || pairs[i].score > pairs[best].score)) best = i;
    }
    if (best == n) break;
    symbols[best].n_bytes += symbols[best + 1].n_bytes;
    for (size_t i = best + 1; i + 1 < n; ++i) symbols[i] = symbols[i + 1];
    for (size_t i = best + 1; i + 2 < n; ++i) pairs[i] = pairs[i + 1];
    --n;
    if (best > 0) look(best - 1);
    if (best + 1 < n) look(best);
  }
  symbols.resize(n);
}

void ScoredBpe::merge_many(std::string_view word, std::vector<Symbol>& symbols, Joints& joints) const {
  // A linked list over the array; a merged symbol keeps its left place and grows, the right one has no bytes left.
  const auto n = static_cast<int32_t>(symbols.size());
  std::vector<int32_t> next(symbols.size()), previous(symbols.size());
  for (int32_t i = 0; i < n; ++i) {
    next[static_cast<size_t>(i)] = i + 1;
    previous[static_cast<size_t>(i)] = i - 1;
  }
  std::vector<Candidate> storage;
  storage.reserve(symbols.size());
  std::priority_queue<Candidate> queue({}, std::move(storage));
  const auto consider = [&](int32_t left) {
    const int32_t right = left < 0 ? n : next[static_cast<size_t>(left)];
    if (right >= n) return;
    const Symbol &a = symbols[static_cast<size_t>(left)], &b = symbols[static_cast<size_t>(right)];
    const Merge merge = merge_of(word, a, b, joints);
    if (merge.id >= 0) queue.push({merge.score, left, right, a.n_bytes + b.n_bytes});
  };
  for (int32_t i = 0; i < n; ++i) consider(i);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol &left = symbols[static_cast<size_t>(best.left)], &right = symbols[static_cast<size_t>(best.right)];
    // Symbols only grow, so the pair is still the same when its bytes are.
    if (left.n_bytes == 0 || right.n_bytes == 0 || left.n_bytes + right.n_bytes != best.n_bytes) continue;
    left.n_bytes = best.n_bytes;
    right.n_bytes = 0;
    const int32_t after = next[static_cast<size_t>(best.right)];
    next[static_cast<size_t>(best.left)] = after;
    if (after < n) previous[static_cast<size_t>(after)] = best.left;
    consider(previous[static_cast<size_t>(best.left)]);
    consider(best.left);
  }
  std::erase_if(symbols, [](const Symbol& symbol) { return symbol.n_bytes == 0; });
}

void ScoredBpe::add_symbol(std::string_view text, const Joints& joints, size_t n_before,
                           std::vector<int32_t>& ids) const {
  if (joints.empty()) {
    const int32_t id = merged_id(text);
    if (id >= 0) {
      ids.push_back(id);
    } else {
      add_characters_of(text, n_before, ids);
    }
    return;
  }
  std::vector<std::string_view> parts = {text};  // still to be written, the next one last
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

void ScoredBpe::add_characters_of(std::string_view text, size_t n_before, std::vector<int32_t>& ids) const {
  bool bytes_known = byte_fallback_;
  for (const char c : text) bytes_known = bytes_known && byte_ids_[static_cast<uint8_t>(c)] >= 0;
  if (bytes_known) {
    for (const char c : text) ids.push_back(byte_ids_[static_cast<uint8_t>(c)]);
  } else if (unknown_ && (ids.size() == n_before || ids.back() != *unknown_)) {
    ids.push_back(*unknown_);  // neighbouring unknown characters are one
  }
}

}  // namespace hanok
