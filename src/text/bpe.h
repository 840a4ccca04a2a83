// Byte-pair encoding: merges the best adjacent pair until none is left, in O(n log n).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hanok {

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Vocabulary = std::unordered_map<std::string, int32_t, StringHash, std::equal_to<>>;

class Bpe {
 public:
  // A pair's rank decides: lower merges first; of equal ranks the leftmost.
  void add_merge(int32_t left, int32_t right, int32_t merged, float rank) {
    merges_[key(left, right)] = {merged, rank};
  }

  // Merges the symbols in place.
  void merge(std::vector<int32_t>& symbols) const;

 private:
  struct Merge {
    int32_t merged;
    float rank;
  };
  static uint64_t key(int32_t left, int32_t right) {
    return (static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32) | static_cast<uint32_t>(right);
  }
  std::unordered_map<uint64_t, Merge> merges_;
};

}  // namespace hanok
