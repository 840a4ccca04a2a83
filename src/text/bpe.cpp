// Byte-pair merging with a queue over a linked list.
#include "text/bpe.h"

#include <queue>

namespace hanok {
namespace {

struct Candidate {
  float rank;
  int32_t left;  // index of the left symbol
  int32_t left_id, right_id, merged;
  bool operator<(const Candidate& other) const {
    return rank > other.rank || (rank == other.rank && left > other.left);
  }
};

}  // namespace

void Bpe::merge(std::vector<int32_t>& symbols) const {
  const auto n = static_cast<int32_t>(symbols.size());
  if (n < 2) return;
  // A linked list over the array; a merged symbol keeps its left place, the right one is marked by -1.
  std::vector<int32_t> next(symbols.size()), previous(symbols.size());
  std::vector<Candidate> storage;
  storage.reserve(symbols.size());
  std::priority_queue<Candidate> queue({}, std::move(storage));
  const auto consider = [&](int32_t left) {
    const int32_t right = left < 0 ? n : next[static_cast<size_t>(left)];
    if (left < 0 || right >= n) return;
    const int32_t left_id = symbols[static_cast<size_t>(left)], right_id = symbols[static_cast<size_t>(right)];
    const auto it = merges_.find(key(left_id, right_id));
    if (it != merges_.end()) queue.push({it->second.rank, left, left_id, right_id, it->second.merged});
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
