#include "text/piece_trie.h"

#include <algorithm>

namespace hanok {

PieceTrie::PieceTrie(std::vector<std::pair<std::string_view, int32_t>> pieces) : first_(256, kNoNode) {
  std::erase_if(pieces, [](const auto& piece) { return piece.first.empty(); });
  std::stable_sort(pieces.begin(), pieces.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  // A level at a time: each node stands for a run of sorted pieces that share their first `depth` bytes.
  struct Run {
    size_t begin, end;
  };
  std::vector<Run> level = {{0, pieces.size()}}, next;
  labels_ = {0};
  values_ = {-1};
  for (size_t depth = 0; !level.empty(); ++depth) {
    next.clear();
    for (const Run& run : level) {
      children_.push_back(static_cast<int32_t>(labels_.size()));
      size_t at = run.begin;
      while (at < run.end && pieces[at].first.size() <= depth) ++at;
      while (at < run.end) {
        const size_t begin = at;
        const char label = pieces[at].first[depth];
        const int32_t value = pieces[at].first.size() == depth + 1 ? pieces[at].second : -1;
        while (at < run.end && pieces[at].first[depth] == label) ++at;
        labels_.push_back(static_cast<uint8_t>(label));
        values_.push_back(value);
        next.push_back({begin, at});
      }
    }
    level.swap(next);
  }
  children_.push_back(static_cast<int32_t>(labels_.size()));
  for (int32_t node = children_[0]; node < children_[1]; ++node) first_[labels_[static_cast<size_t>(node)]] = node;
}

int32_t PieceTrie::walk(int32_t node, std::string_view text) const {
  for (size_t n = 0; n < text.size() && node != kNoNode; ++n) node = child(node, static_cast<uint8_t>(text[n]));
  return node;
}

}  // namespace hanok
