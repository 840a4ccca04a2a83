// The pre-tokenizers that GGUF files name instead of spelling out.
#pragma once

#include <string>

#include "base/result.h"
#include "text/tokenizer_parts.h"

namespace hanok {

struct GgufPreTokenizer {
  bool ignore_merges = false;  // whole words that are in the vocabulary are not built from their parts
  bool add_bos = false;        // where the file does not say
};

// Adds the named steps to parts.normalizer and parts.pre_tokenizer. Errors: a name that is not known.
Result<GgufPreTokenizer> add_gguf_pre_tokenizer(const std::string& name, TokenizerParts& parts);

}  // namespace hanok
