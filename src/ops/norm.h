// Normalisations.
#pragma once

#include <cstdint>

#include "ops/context.h"

namespace hanok {

// out = x * weight / sqrt(mean(x^2) + eps) per row. x, out: [n_rows, n_cols], out may be x; weight: [n_cols] or null.
void rms_norm(const ExecContext& ctx, const float* x, int64_t n_rows, int64_t n_cols, const float* weight, float eps,
              float* out);
// out = (x - mean) / sqrt(variance + eps) * weight + bias per row; weight and bias: [n_cols] or null; out may be x.
void layer_norm(const ExecContext& ctx, const float* x, int64_t n_rows, int64_t n_cols, const float* weight,
                const float* bias, float eps, float* out);

}  // namespace hanok
