#include "ops/norm.h"

#include <cmath>

#include "ops/rows.h"

namespace hanok {

void rms_norm(const ExecContext& ctx, const float* x, int64_t n_rows, int64_t n_cols, const float* weight, float eps,
              float* out) {
  for_rows(ctx, n_rows, n_cols, [&](int64_t first, int64_t last) {
    for (int64_t r = first; r < last; ++r)
      ctx.kernels.vec.rms_norm(x + r * n_cols, weight, n_cols, eps, out + r * n_cols);
  });
}

void layer_norm(const ExecContext& ctx, const float* x, int64_t n_rows, int64_t n_cols, const float* weight,
                const float* bias, float eps, float* out) {
  for_rows(ctx, n_rows, n_cols, [&](int64_t first, int64_t last) {
    for (int64_t r = first; r < last; ++r) {
      const float* in = x + r * n_cols;
      double sum = 0, squares = 0;
      for (int64_t i = 0; i < n_cols; ++i) sum += in[i];
      const double mean = sum / static_cast<double>(n_cols);
      for (int64_t i = 0; i < n_cols; ++i) squares += (in[i] - mean) * (in[i] - mean);
      const double factor = 1.0 / std::sqrt(squares / static_cast<double>(n_cols) + eps);
      for (int64_t i = 0; i < n_cols; ++i) {
        const auto value = static_cast<float>((in[i] - mean) * factor);
        out[r * n_cols + i] = value * (weight ? weight[i] : 1.0f) + (bias ? bias[i] : 0.0f);
      }
    }
  });
}

}  // namespace hanok
