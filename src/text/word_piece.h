// Models that look words up: whole (WordLevel), or as the longest pieces from the left (WordPiece).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "text/piece_trie.h"
#include "text/token_model.h"
#include "text/vocabulary.h"

namespace hanok {

class WordPiece : public TokenModel {
 public:
  // Pieces after the first of a word are written with `continuing_prefix`, those at its start with `first_prefix`.
  // Words of more than `longest_word` characters, and those that no pieces make up, become `unknown`.
  WordPiece(std::shared_ptr<const Vocabulary> vocabulary, int32_t unknown, std::string_view first_prefix,
            std::string_view continuing_prefix, size_t longest_word);

  Status encode(std::string_view piece, std::vector<int32_t>& ids) const override;

 private:
  std::shared_ptr<const Vocabulary> vocabulary_;
  PieceTrie trie_;
  int32_t unknown_;
  int32_t first_node_, continuing_node_;  // where the pieces of each kind begin
  size_t longest_word_;
};

class WordLevel : public TokenModel {
 public:
  WordLevel(std::shared_ptr<const Vocabulary> vocabulary, int32_t unknown)
      : vocabulary_(std::move(vocabulary)), unknown_(unknown) {}

  // Errors: an unknown word, when there is no token for those (`unknown` below 0).
  Status encode(std::string_view piece, std::vector<int32_t>& ids) const override;

 private:
  std::shared_ptr<const Vocabulary> vocabulary_;
  int32_t unknown_;
};

}  // namespace hanok
