// What is asked of a model's files before any of them is loaded, whatever the model is for.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "text/tokenizer.h"

namespace hanok {

Result<Tokenizer> open_tokenizer(const Checkpoint& checkpoint);

// Weights are packed into memory of their own: what cannot fit is refused before any of it is read.
Status check_weights_fit(const Checkpoint& checkpoint);

// Every token but special ones (an image's place in a model of text) has its row in the embedding.
Status check_vocabulary(const Tokenizer& tokenizer, int64_t vocab, const std::filesystem::path& path);

}  // namespace hanok
