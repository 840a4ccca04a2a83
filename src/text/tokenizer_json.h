// The parts of a tokenizer.json that other readers of tokenizers use too.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "text/added_tokens.h"
#include "text/tokenizer_parts.h"

namespace hanok {

// Ids that a file may use; more would be a mistake or an attack.
inline constexpr int64_t kMostTokens = 1 << 21;

// The components of a parsed tokenizer.json; parts->finish() is left to the caller.
Result<std::shared_ptr<TokenizerParts>> read_tokenizer_json(const nlohmann::json& root);

// A piece table from {piece: id}.
Result<std::shared_ptr<const Vocabulary>> read_vocabulary(const nlohmann::json& members, const std::string& where);

// An entry of "added_tokens", or of tokenizer_config.json's "added_tokens_decoder" with its id.
Result<AddedToken> read_added_token(const nlohmann::json& node, const std::string& where);

// "left right" or [left, right].
Result<std::pair<std::string, std::string>> read_merge(const nlohmann::json& merge, size_t rank);

}  // namespace hanok
