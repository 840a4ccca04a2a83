#include "ops/activations.h"

#include <algorithm>

namespace hanok {

void Activations::resize(int64_t n_tokens, int64_t n_cols) {
  const auto n = static_cast<size_t>(n_tokens * n_cols);
  n_cols_ = n_cols;
  codes_.reserve(n);
  scales_.reserve(n / 32);
  scaled_sums_.reserve(n / 32);
  zero_parts_.reserve(n / 16);
}

void Activations::quantize(const ExecContext& ctx, const NormedRows& x, int64_t n_tokens, int64_t n_cols) {
  resize(n_tokens, n_cols);
  constexpr int64_t kRows = 8;
  ctx.pool.run((n_tokens + kRows - 1) / kRows, [&](int64_t chunk, int) {
    thread_local AlignedBuffer<float> normed;
    for (int64_t t = chunk * kRows; t < std::min(n_tokens, (chunk + 1) * kRows); ++t) {
      const float* values = x.x + t * n_cols;
      if (x.norm_weight != nullptr) {
        normed.reserve(static_cast<size_t>(n_cols));
        ctx.kernels.vec.rms_norm(values, x.norm_weight, n_cols, x.norm_eps, normed.data());
        values = normed.data();
      }
      ctx.kernels.quantize_activations(values, n_cols, row(t));
    }
  });
}

QuantizedActivations Activations::view() const {
  return {codes_.data(), scales_.data(), scaled_sums_.data(), zero_parts_.data(), n_cols_};
}

ActivationRow Activations::row(int64_t token, int64_t first_col) {
  const int64_t at = token * n_cols_ + first_col;
  return {codes_.data() + at, scales_.data() + at / 32, scaled_sums_.data() + at / 32, zero_parts_.data() + at / 16};
}

}  // namespace hanok
