// Attention without a mask, within each of several sequences that share a step.
#pragma once

#include <cstdint>
#include <span>

#include "ops/context.h"

namespace hanok {

// Rows [first_row, first_row + n_rows) belong to one sequence.
struct RowRange {
  int64_t first_row, n_rows;
};

struct HeadShape {
  int64_t n_heads, head_dim;
};

// Every row attends to all rows of its sequence and to no other. q, k, v, out: [n_rows, n_heads, head_dim]; out may be
// none of the others. A row's result depends on nothing but its own sequence.
void encoder_attention(const ExecContext& ctx, const float* q, const float* k, const float* v, HeadShape shape,
                       std::span<const RowRange> sequences, float scale, float* out);

}  // namespace hanok
