// What one forward pass is asked to compute, and the memory it works in.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>

#include "base/aligned_buffer.h"
#include "ops/activations.h"
#include "ops/attention.h"
#include "ops/rope.h"

namespace hanok {

// Rows of one or more sequences. Row i holds tokens[i] at positions[i]; each segment names a sequence's rows and its
// cache.
struct Batch {
  std::span<const int32_t> tokens;
  std::span<const int32_t> positions;
  std::span<const AttentionSegment> segments;
  std::span<const int64_t> logit_rows;  // rows whose logits are wanted, ascending
};

// Called with the hidden states [n_tokens, hidden] after the embedding (layer -1) and after each layer; for
// verification.
using StateObserver = std::function<void(int layer_idx, const float* states)>;

// Scratch memory of forward passes; grows to the largest batch and is reused. Not shared between threads of callers.
struct Workspace {
  AlignedBuffer<float> states, normed, q, k, v, attended, branch, gate, up, last;
  std::map<const RopeTable*, RopeAngles> angles;  // of the batch's positions under each of the model's tables
  Activations hidden;                             // of the MLP, instead of gate and up where these are quantised
  StateObserver observe;
};

}  // namespace hanok
