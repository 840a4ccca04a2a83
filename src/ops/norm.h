// Normalisations.
#pragma once

#include <cstdint>

#include "ops/context.h"

namespace hanok {

// Rows that may have an RMS norm still to come: x * norm_weight / sqrt(mean(x^2) + norm_eps), or x without a weight.
struct NormedRows {
  const float* x = nullptr;            // [n_rows, n_cols]
  const float* norm_weight = nullptr;  // [n_cols]
  float norm_eps = 0;
};

// out = x * weight / sqrt(mean(x^2) + eps) per row. x, out: [n_rows, n_cols], out may be x; weight: [n_cols] or null.
void rms_norm(const ExecContext& ctx, const float* x, int64_t n_rows, int64_t n_cols, const float* weight, float eps,
              float* out);
// out = (x - mean) / sqrt(variance + eps) * weight + bias per row; weight and bias: [n_cols] or null; out may be x.
void layer_norm(const ExecContext& ctx, const float* x, int64_t n_rows, int64_t n_cols, const float* weight,
                const float* bias, float eps, float* out);

}  // namespace hanok
