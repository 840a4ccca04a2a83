// The unigram model: of all ways to cut a piece into tokens, the one with the greatest sum of scores.
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

struct UnigramOptions {
  std::optional<int32_t> unknown;
  bool byte_fallback = false;     // characters outside the vocabulary become their bytes, <0x00> … <0xFF>
  bool single_precision = false;  // sums in float, as SentencePiece does; otherwise in double, as Hugging Face
                                  // and llama.cpp do
  // SentencePiece's user-defined tokens: they beat any other way to write their text.
  std::vector<bool> favoured;
  // Tokens that no text becomes.
  std::vector<bool> excluded;
};

class Unigram : public TokenModel {
 public:
  // `scores` has one for each id.
  Unigram(std::shared_ptr<const Vocabulary> vocabulary, std::vector<double> scores, UnigramOptions options);

  Status encode(std::string_view piece, std::vector<int32_t>& ids) const override;

 private:
  template <class Score>
  Status encode_with(std::string_view piece, std::vector<int32_t>& ids) const;
  // The ids of a stretch of unknown characters, last first.
  void add_unknown(std::string_view text, std::vector<int32_t>& ids) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<double> scores_;
  UnigramOptions options_;
  double least_ = 0, greatest_ = 0;
  PieceTrie trie_;
  std::array<int32_t, 256> byte_ids_;
};

}  // namespace hanok
