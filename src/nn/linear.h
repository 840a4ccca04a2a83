// A linear layer y = x W^T + b over any weight type: the type is data of the packed matrix.
#pragma once

#include <span>
#include <vector>

#include "ops/context.h"
#include "ops/matmul.h"

namespace hanok {

struct Linear {
  PackedMatrix weight;      // [n_out, n_in]
  std::vector<float> bias;  // [n_out], or empty

  int64_t n_out() const { return weight.n_out(); }
  // x: [n_tokens, n_in], y: [n_tokens, n_out].
  void apply(const ExecContext& ctx, const float* x, int64_t n_tokens, float* y) const;
};

// Several layers on the same input, whose activations are prepared once.
void apply_joint(const ExecContext& ctx, std::span<const Linear* const> layers, const float* x, int64_t n_tokens,
                 std::span<float* const> ys);

}  // namespace hanok
