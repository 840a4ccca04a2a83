// A read-only trie of byte strings: all pieces that a text begins with, shortest first.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace hanok {

class PieceTrie {
 public:
  static constexpr int32_t kNoNode = -1;

  PieceTrie() : PieceTrie(std::vector<std::pair<std::string_view, int32_t>>{}) {}
  // Values are 0 or more; of equal pieces the first counts, empty ones do not.
  explicit PieceTrie(std::vector<std::pair<std::string_view, int32_t>> pieces);

  bool empty() const { return labels_.size() == 1; }
  // Whether any piece begins with this byte.
  bool starts_with(char byte) const { return first_[static_cast<uint8_t>(byte)] != kNoNode; }

  // The node after `text` from `node` (0 is the root); kNoNode when no piece goes on that way.
  int32_t walk(int32_t node, std::string_view text) const;

  // Calls visit(bytes, value) for each piece that begins `text`, read from `node` on.
  template <class Visit>
  void prefixes(int32_t node, std::string_view text, Visit visit) const {
    for (size_t n = 0; n < text.size(); ++n) {
      node = child(node, static_cast<uint8_t>(text[n]));
      if (node == kNoNode) return;
      if (const int32_t value = values_[static_cast<size_t>(node)]; value >= 0) visit(n + 1, value);
    }
  }

 private:
  int32_t child(int32_t node, uint8_t label) const {
    if (node == 0) return first_[label];
    int32_t low = children_[static_cast<size_t>(node)], high = children_[static_cast<size_t>(node) + 1];
    while (low < high) {
      const int32_t middle = (low + high) / 2;
      const uint8_t there = labels_[static_cast<size_t>(middle)];
      if (there == label) return middle;
      if (there < label) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return kNoNode;
  }

  // Nodes in breadth-first order, so that the children of node i are children_[i] … children_[i + 1] - 1.
  std::vector<uint8_t> labels_;
  std::vector<int32_t> values_;
  std::vector<int32_t> children_;
  std::vector<int32_t> first_;  // the root's children by label
};

}  // namespace hanok
