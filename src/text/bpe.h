// Byte-pair encoding by a list of merges: the lowest-ranked adjacent pair is merged until none is left.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "text/token_model.h"
#include "text/vocabulary.h"
#include "text/word_cuts.h"

namespace hanok {

// What two adjacent tokens become, by open addressing.
class MergeTable {
 public:
  struct Merge {
    int32_t merged = -1;
    uint32_t rank = UINT32_MAX;
  };

  void reserve(size_t n_merges);
  // A later merge of the same pair replaces the earlier one.
  void add(int32_t left, int32_t right, Merge merge);
  // merged is -1 when the pair does not merge.
  Merge find(int32_t left, int32_t right) const;

  // Merges the symbols in place; of equal ranks the leftmost pair goes first. O(n log n).
  void apply(std::vector<int32_t>& symbols) const;

 private:
  struct Slot {
    uint64_t pair = UINT64_MAX;
    Merge merge;
  };
  void apply_to_few(std::vector<int32_t>& symbols) const;
  void apply_to_many(std::vector<int32_t>& symbols) const;
  size_t slot_of(uint64_t pair) const;

  std::vector<Slot> slots_;
  size_t n_merges_ = 0;
};

struct BpeOptions {
  std::optional<int32_t> unknown;  // stands for characters outside the vocabulary; without it they are dropped
  std::string continuing_prefix;   // written before all but the first character of a piece
  std::string end_suffix;          // written after the last
  bool fuse_unknown = false;       // neighbouring unknown characters become one token
  bool byte_fallback = false;      // unknown characters become their bytes, <0x00> … <0xFF>
  bool ignore_merges = false;      // a whole piece that is in the vocabulary is not built from its parts
  bool on_bytes = false;           // pieces are raw bytes, the vocabulary writes them in the byte-level alphabet
};

class Bpe : public TokenModel {
 public:
  // `merges` as pairs of pieces in order of rank. Errors: a merge that names no token.
  static Result<std::unique_ptr<Bpe>> make(std::shared_ptr<const Vocabulary> vocabulary,
                                           const std::vector<std::pair<std::string, std::string>>& merges,
                                           BpeOptions options);

  Status encode(std::string_view piece, std::vector<int32_t>& ids) const override;

  // Whether the vocabulary has all 256 bytes in the byte-level alphabet, so that a model can work on bytes.
  static bool has_all_bytes(const Vocabulary& vocabulary);

 private:
  enum : uint8_t { kNotTried = 0, kWhole = 1, kInParts = 2 };

  void encode_word(std::string_view word, std::vector<int32_t>& ids) const;
  void add_characters(std::string_view piece, std::vector<int32_t>& symbols) const;
  bool add_bytes(std::string_view text, std::vector<int32_t>& symbols) const;

  BpeOptions options_;
  std::shared_ptr<const Vocabulary> vocabulary_;  // as the pieces are written: raw bytes where the model works on bytes
  MergeTable merges_;
  WordCuts cuts_;
  std::array<int32_t, 256> byte_ids_{};
  // Whether the merges make a token of its own text, learnt as texts come by.
  std::unique_ptr<std::atomic<uint8_t>[]> whole_;
};

// The ids of <0x00> … <0xFF>, -1 where there is none.
std::array<int32_t, 256> byte_fallback_ids(const Vocabulary& vocabulary);
bool all_bytes_known(const std::array<int32_t, 256>& ids);

}  // namespace hanok
