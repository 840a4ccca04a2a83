#include "ops/elementwise.h"

#include "ops/rows.h"

namespace hanok {

void add(const ExecContext& ctx, float* x, const float* y, int64_t n) {
  for_rows(ctx, n, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) x[i] += y[i];
  });
}

void add_scaled(const ExecContext& ctx, float* x, const float* y, float s, int64_t n) {
  for_rows(ctx, n, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) x[i] += s * y[i];
  });
}

void scale(const ExecContext& ctx, float* x, float s, int64_t n) {
  for_rows(ctx, n, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) x[i] *= s;
  });
}

void add_bias(const ExecContext& ctx, float* x, int64_t n_rows, int64_t n_cols, const float* bias) {
  for_rows(ctx, n_rows, n_cols, [&](int64_t first, int64_t last) {
    for (int64_t r = first; r < last; ++r)
      for (int64_t i = 0; i < n_cols; ++i) x[r * n_cols + i] += bias[i];
  });
}

void silu_mul(const ExecContext& ctx, float* gate, const float* up, int64_t n) {
  for_rows(ctx, n, 1,
           [&](int64_t first, int64_t last) { ctx.kernels.vec.silu_mul(gate + first, up + first, last - first); });
}

void gelu_tanh_mul(const ExecContext& ctx, float* gate, const float* up, int64_t n) {
  for_rows(ctx, n, 1,
           [&](int64_t first, int64_t last) { ctx.kernels.vec.gelu_tanh_mul(gate + first, up + first, last - first); });
}

void gelu_tanh(const ExecContext& ctx, float* x, int64_t n) {
  for_rows(ctx, n, 1,
           [&](int64_t first, int64_t last) { ctx.kernels.vec.gelu_tanh_mul(x + first, nullptr, last - first); });
}

void gelu_erf(const ExecContext& ctx, float* x, int64_t n) {
  for_rows(ctx, n, 1, [&](int64_t first, int64_t last) { ctx.kernels.vec.gelu_erf(x + first, last - first); });
}

}  // namespace hanok
