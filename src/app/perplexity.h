// Perplexity as llama-perplexity measures it: the text in chunks of one context, the second half of each is scored.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/engine.h"

namespace hanok {

struct PerplexityScore {
  double negative_log = 0, negative_log_squares = 0;  // sums over the scored tokens
  double divergence = 0;                              // sum of KL(reference || model), where there is a reference
  double reference_negative_log = 0;                  // as negative_log, of the reference
  int64_t n_same_top = 0;                             // tokens whose likeliest successor is the reference's
  int64_t n_tokens = 0;                               // scored
  int64_t n_chunks = 0;

  double perplexity() const;
  // One standard error of the perplexity, from the spread of the tokens' logarithms; 0 with fewer than two tokens.
  double standard_error() const;
};

// What the model is compared with: the log probabilities after the tokens of one chunk's second half but the last,
// [n_context - 1 - n_context / 2, vocab] or one row more; minus infinity where they are too small to be told.
using ReferenceRows = std::function<Result<std::vector<float>>(int64_t chunk_idx, std::span<const int32_t> chunk)>;
// Those of an engine, which is computed beside the one that is scored.
ReferenceRows rows_of(Engine& engine);

// Scores up to n_chunks chunks of n_context tokens (even, at least 4) of `ids` with `engine`; with a `reference` also
// how far its distribution is. A chunk's first token gives way to the begin token where the tokenizer adds one.
// after_chunk hears the score so far; false stops with kInterrupted. Error: fewer ids than one chunk.
Result<PerplexityScore> score_perplexity(Engine& engine, const ReferenceRows& reference, std::span<const int32_t> ids,
                                         int64_t n_context, int64_t n_chunks,
                                         const std::function<bool(const PerplexityScore&)>& after_chunk);

}  // namespace hanok
