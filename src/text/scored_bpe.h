// SentencePiece's byte-pair encoding: of all adjacent pairs whose text is a piece, the one of the best score is merged.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "text/piece_trie.h"
#include "text/token_model.h"
#include "text/vocabulary.h"

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
  // The id of the piece with this text, where it can come out of a merge; -1 otherwise.
  int32_t merged_id(std::string_view text) const;
  void add_characters_of(std::string_view text, size_t n_before, std::vector<int32_t>& ids) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<Entry> entries_;
  std::optional<int32_t> unknown_;
  bool byte_fallback_;
  PieceTrie frozen_;
  std::array<int32_t, 256> byte_ids_;
};

}  // namespace hanok
