// SentencePiece's byte-pair encoding: of all adjacent pairs whose text is a piece, the one of the best score is merged.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/piece_trie.h"
#include "text/token_model.h"
#include "text/vocabulary.h"
#include "text/word_cuts.h"

namespace hanok {

class ScoredBpe : public TokenModel {
 public:
  struct Entry {
    float score = 0;
    bool mergeable = false;  // can come out of a merge; the others only stand for themselves
    bool frozen = false;     // found in the text as it stands and never merged: user-defined tokens
    bool unused = false;     // may come out of a merge, but is taken apart again at the end
  };
  // `entries` has one for each id. Without `byte_fallback`, characters outside the vocabulary become `unknown`.
  ScoredBpe(std::shared_ptr<const Vocabulary> vocabulary, std::vector<Entry> entries, std::optional<int32_t> unknown,
            bool byte_fallback);

  Status encode(std::string_view piece, std::vector<int32_t>& ids) const override;

 private:
  enum : uint8_t { kNotTried = 0, kWhole = 1, kInParts = 2 };
  // A stretch of the word that is one token so far.
  struct Symbol {
    uint32_t begin = 0, n_bytes = 0;
    bool frozen = false;
  };
  // What two neighbouring symbols become.
  struct Merge {
    float score = 0;
    int32_t id = -1;
  };
  // Where tokens that must be taken apart again were joined: by id, bytes of the left half.
  using Joints = std::unordered_map<int32_t, uint32_t>;

  void encode_word(std::string_view word, size_t n_before, std::vector<int32_t>& ids) const;
  void split(std::string_view word, std::vector<Symbol>& symbols) const;
  Merge merge_of(std::string_view word, const Symbol& left, const Symbol& right, Joints& joints) const;
  void merge_few(std::string_view word, std::vector<Symbol>& symbols, Joints& joints) const;
  void merge_many(std::string_view word, std::vector<Symbol>& symbols, Joints& joints) const;
  // The id of the piece with this text, where it can come out of a merge; -1 otherwise.
  int32_t merged_id(std::string_view text) const;
  void add_symbol(std::string_view text, const Joints& joints, size_t n_before, std::vector<int32_t>& ids) const;
  void add_characters_of(std::string_view text, size_t n_before, std::vector<int32_t>& ids) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<Entry> entries_;
  std::optional<int32_t> unknown_;
  bool byte_fallback_;
  PieceTrie frozen_;
  std::array<int32_t, 256> byte_ids_;
  WordCuts cuts_;
  // Whether the merges make a token of its own text, learnt as texts come by.
  std::unique_ptr<std::atomic<uint8_t>[]> whole_;
};

}  // namespace hanok
