// Merging: a scan for the few symbols of a word, a queue over a linked list for long pieces.
#include <algorithm>
#include <bit>
#include <queue>

#include "text/bpe.h"

namespace hanok {
namespace {

constexpr size_t kFew = 64;

uint64_t pair_of(int32_t left, int32_t right) {
  return (static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32) | static_cast<uint32_t>(right);
}

struct Candidate {
  uint32_t rank;
  int32_t left;  // index of the left symbol
  int32_t left_id, right_id, merged;
  bool operator<(const Candidate& other) const {
    return rank > other.rank || (rank == other.rank && left > other.left);
  }
};

}  // namespace

void MergeTable::reserve(size_t n_merges) {
  slots_.assign(std::bit_ceil(std::max<size_t>(16, 2 * n_merges)), Slot{});
  n_merges_ = 0;
}

size_t MergeTable::slot_of(uint64_t pair) const {
  const size_t mask = slots_.size() - 1;
  const uint64_t mixed = (pair ^ (pair >> 31)) * 0x9e3779b97f4a7c15u;
  size_t at = (mixed >> 32) & mask;
  while (slots_[at].pair != pair && slots_[at].pair != UINT64_MAX) at = (at + 1) & mask;
  return at;
}

void MergeTable::add(int32_t left, int32_t right, Merge merge) {
  if (2 * n_merges_ >= slots_.size()) {
    const std::vector<Slot> old = std::move(slots_);
    reserve(old.size());
    for (const Slot& slot : old) {
      if (slot.pair == UINT64_MAX) continue;
      slots_[slot_of(slot.pair)] = slot;
      ++n_merges_;
    }
  }
  Slot& slot = slots_[slot_of(pair_of(left, right))];
  n_merges_ += slot.pair == UINT64_MAX ? 1 : 0;
  slot = {pair_of(left, right), merge};
}

MergeTable::Merge MergeTable::find(int32_t left, int32_t right) const {
  if (slots_.empty()) return {};
  const Slot& slot = slots_[slot_of(pair_of(left, right))];
  return slot.pair == UINT64_MAX ? Merge{} : slot.merge;
}

void MergeTable::apply(std::vector<int32_t>& symbols) const {
  if (symbols.size() < 2) return;
  if (symbols.size() <= kFew) {
    apply_to_few(symbols);
  } else {
    apply_to_many(symbols);
  }
}

void MergeTable::apply_to_few(std::vector<int32_t>& symbols) const {
  size_t n = symbols.size();
  std::array<Merge, kFew> pairs;  // pairs[i] is what symbols i and i + 1 become
  for (size_t i = 0; i + 1 < n; ++i) pairs[i] = find(symbols[i], symbols[i + 1]);
  while (n > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; ++i) {
      if (pairs[i].rank < pairs[best].rank) best = i;
    }
    if (pairs[best].merged < 0) break;
    symbols[best] = pairs[best].merged;
    for (size_t i = best + 1; i + 1 < n; ++i) symbols[i] = symbols[i + 1];
    for (size_t i = best + 1; i + 2 < n; ++i) pairs[i] = pairs[i + 1];
    --n;
    if (best > 0) pairs[best - 1] = find(symbols[best - 1], symbols[best]);
    if (best + 1 < n) pairs[best] = find(symbols[best], symbols[best + 1]);
  }
  symbols.resize(n);
}

void MergeTable::apply_to_many(std::vector<int32_t>& symbols) const {
  const auto n = static_cast<int32_t>(symbols.size());
  // A linked list over the array; a merged symbol keeps its left place, the right one is marked by -1.
  std::vector<int32_t> next(symbols.size()), previous(symbols.size());
  std::vector<Candidate> storage;
  storage.reserve(symbols.size());
  std::priority_queue<Candidate> queue({}, std::move(storage));
  const auto consider = [&](int32_t left) {
    const int32_t right = left < 0 ? n : next[static_cast<size_t>(left)];
    if (left < 0 || right >= n) return;
    const int32_t left_id = symbols[static_cast<size_t>(left)], right_id = symbols[static_cast<size_t>(right)];
    const Merge merge = find(left_id, right_id);
    if (merge.merged >= 0) queue.push({merge.rank, left, left_id, right_id, merge.merged});
  };
  for (int32_t i = 0; i < n; ++i) {
    next[static_cast<size_t>(i)] = i + 1;
    previous[static_cast<size_t>(i)] = i - 1;
  }
  for (int32_t i = 0; i + 1 < n; ++i) consider(i);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    const auto left = static_cast<size_t>(best.left);
    if (symbols[left] != best.left_id || next[left] >= n) continue;  // the pair is gone
    const auto right = static_cast<size_t>(next[left]);
    if (symbols[right] != best.right_id) continue;
    symbols[left] = best.merged;
    symbols[right] = -1;
    next[left] = next[right];
    if (next[left] < n) previous[static_cast<size_t>(next[left])] = best.left;
    consider(previous[left]);
    consider(best.left);
  }
  size_t kept = 0;
  for (int32_t i = 0; i < n; i = next[static_cast<size_t>(i)]) symbols[kept++] = symbols[static_cast<size_t>(i)];
  symbols.resize(kept);
}

}  // namespace hanok
