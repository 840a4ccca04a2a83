// Reads SentencePiece models.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "text/tokenizer_files.h"
#include "text/tokenizer_parts.h"

namespace hanok {

// The parts of a tokenizer.model: BPE or unigram. Its begin and end tokens are known but not put around texts;
// parts->finish() is left to the caller.
Result<std::shared_ptr<TokenizerParts>> read_sentencepiece(std::string_view model);
Result<SentencePieceTable> read_sentencepiece_table(std::string_view model);

}  // namespace hanok
