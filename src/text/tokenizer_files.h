// What lies in a folder's tokenizer files, for those who write it in another form.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace hanok {

// tokenizer.json, or what vocab.json and merges.txt amount to in its form; null where the folder has neither. The
// contents are as unchecked as the file: read them with Tokenizer::from_folder first.
Result<nlohmann::json> folder_tokenizer_json(const std::filesystem::path& folder);

// What tokenizer.model says beside its pieces' texts.
struct SentencePieceTable {
  bool is_bpe = false;         // else unigram
  std::vector<float> scores;   // of each piece
  std::vector<int64_t> types;  // SentencePiece's, which are GGUF's as well
  std::optional<int32_t> unknown;
};
Result<SentencePieceTable> folder_sentencepiece_table(const std::filesystem::path& folder);

}  // namespace hanok
