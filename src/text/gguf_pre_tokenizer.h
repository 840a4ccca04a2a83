// The pre-tokenizers that GGUF files name instead of spelling out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "text/tokenizer_parts.h"

namespace hanok {

struct GgufPreTokenizer {
  bool ignore_merges = false;  // whole words that are in the vocabulary are not built from their parts
  bool add_bos = false;        // where the file does not say
};

struct GgufPreTokenizerName {
  std::string name;
  bool only_here = false;  // llama.cpp does not know it
  bool loses_nfc = false;  // the name stands for the patterns alone
};

// The name of these patterns, one after the other; of several names one with these flags, if there is one.
std::optional<GgufPreTokenizerName> find_gguf_pre_tokenizer(const std::vector<std::string>& patterns, bool nfc,
                                                            bool ignore_merges);

// Adds the named steps to parts.normalizer and parts.pre_tokenizer. Errors: a name that is not known.
Result<GgufPreTokenizer> add_gguf_pre_tokenizer(const std::string& name, TokenizerParts& parts);

}  // namespace hanok
