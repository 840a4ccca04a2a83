// What a tokenizer is made of once its file has been read; built by the readers, run by Tokenizer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/pre_tokenizer.h"
#include "text/token_decoder.h"
#include "text/token_model.h"
#include "text/vocabulary.h"

namespace hanok {

struct TokenizerParts {
  AddedTokens added;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  std::shared_ptr<const Vocabulary> vocabulary = std::make_shared<const Vocabulary>();
  std::unique_ptr<const TokenModel> model;
  TokenDecoder decoder;

  std::vector<int32_t> prefix, suffix;  // what add_special puts around the ids
  std::optional<int32_t> bos, eos;
  std::vector<int32_t> end_ids;
  int32_t n_ids = 0;  // one more than the greatest id

  // The id of an added token or a piece.
  std::optional<int32_t> find(std::string_view piece) const;
  // Fills n_ids, end_ids, and bos and eos where they stand around the text.
  void finish();
};

}  // namespace hanok
