// A folder's vocabulary in the words of GGUF: which kind, which pre-tokenizer, tokens, types, merges or scores.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/gguf.h"
#include "text/tokenizer.h"

namespace hanok {

struct TokenizerForm {
  GgufMetadata keys;               // without "tokenizer.ggml."
  std::vector<std::string> notes;  // for the user
  bool loses_nfc = false;          // texts that are not in NFC get other ids
};

// Tokens from the tokenizer's last to vocab are written as unused. Errors: kinds that GGUF has no words for; byte-level
// and SentencePiece BPE are those it has.
Result<TokenizerForm> tokenizer_form(const std::filesystem::path& folder, const Tokenizer& tokenizer, int64_t vocab);

}  // namespace hanok
