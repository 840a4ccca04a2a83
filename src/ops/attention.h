// Grouped-query attention over cached keys and values with online softmax.
#pragma once

#include <cstdint>
#include <span>

#include "ops/kv_cache.h"

namespace hanok {

// Rows [first_row, first_row + n_rows) of q belong to one sequence and stand at positions first_pos ...
struct AttentionSegment {
  KvCache* cache;
  int64_t first_row, n_rows, first_pos;
};

struct AttentionParams {
  float scale;
  int64_t window = 0;  // 0: all earlier keys; else key j is visible iff position - j < window
  float softcap = 0;   // 0: none
};

// Causal attention of one layer whose keys and values, up to each row's own, are already written.
// q, out: [n_rows, n_heads, head_dim]. A row's result depends on nothing but its own query and its keys and values.
void attention(const ExecContext& ctx, const float* q, int n_heads, int layer_idx,
               std::span<const AttentionSegment> segments, const AttentionParams& params, float* out);

}  // namespace hanok
