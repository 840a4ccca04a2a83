#include "ops/norm.h"

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
    for (int64_t r = first; r < last; ++r)
      ctx.kernels.vec.layer_norm(x + r * n_cols, weight, bias, n_cols, eps, out + r * n_cols);
  });
}

}  // namespace hanok
