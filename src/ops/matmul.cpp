#include "ops/matmul.h"

#include <algorithm>
#include <cstring>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/f16.h"
#include "kernels/dequantize.h"

namespace hanok {
namespace {

constexpr int64_t kSweepTokens = 512;  // tokens per sweep over an unpacked panel: their sums stay in L2

// The activations of one product, quantised by all threads.
struct Quantized {
  AlignedBuffer<int8_t> codes;
  AlignedBuffer<float> scales, scaled_sums;
  AlignedBuffer<int32_t> sums;
};

Quantized quantize(const ExecContext& ctx, const float* x, int64_t n_tokens, int64_t n_in) {
  const auto n = static_cast<size_t>(n_tokens * n_in);
  Quantized q{AlignedBuffer<int8_t>(n), AlignedBuffer<float>(n / 32), AlignedBuffer<float>(n / 32),
              AlignedBuffer<int32_t>(n / 16)};
  constexpr int64_t kRows = 8;
  ctx.pool.run((n_tokens + kRows - 1) / kRows, [&](int64_t chunk, int) {
    for (int64_t t = chunk * kRows; t < std::min(n_tokens, (chunk + 1) * kRows); ++t) {
      ctx.kernels.quantize_activations(x + t * n_in, n_in,
                                       {q.codes.data() + t * n_in, q.scales.data() + t * n_in / 32,
                                        q.scaled_sums.data() + t * n_in / 32, q.sums.data() + t * n_in / 16});
    }
  });
  return q;
}

void integer_panel(const ExecContext& ctx, const PackedMatrix& w, int64_t panel_idx, const QuantizedActivations& x,
                   int64_t n_tokens, float* y) {
  const int64_t first = panel_idx * kPanelRows;
  const int n_rows = static_cast<int>(std::min<int64_t>(kPanelRows, w.n_out() - first));
  for (int64_t t = 0; t < n_tokens; t += kSweepTokens) {
    const QuantizedActivations part{x.codes + t * x.n_cols, x.scales + t * x.n_cols / 32,
                                    x.scaled_sums + t * x.n_cols / 32, x.sums + t * x.n_cols / 16, x.n_cols};
    ctx.kernels.matmul_panel(w.format(), w.panel(panel_idx), n_rows, part, std::min(kSweepTokens, n_tokens - t),
                             y + t * w.n_out() + first, w.n_out());
  }
}

// Expands columns [first_col, first_col + n_cols) of a panel to f32 [n_cols][32].
void expand(const ExecContext& ctx, const PackedMatrix& w, int64_t panel_idx, int64_t first_col, int64_t n_cols,
            float* out) {
  if (is_quantized(w.dtype()))
    return ctx.kernels.expand_panel(w.format(), w.panel(panel_idx), first_col / kBlockCols, n_cols / kBlockCols, out);
  const size_t elem_bytes = static_cast<size_t>(dtype_info(w.dtype()).block_bytes);
  const uint8_t* at = w.panel(panel_idx) + static_cast<size_t>(first_col) * kPanelRows * elem_bytes;
  const int64_t n = n_cols * kPanelRows;
  if (w.dtype() == DType::kF16) return ctx.kernels.vec.f16_to_f32(reinterpret_cast<const uint16_t*>(at), n, out);
  dequantize_row(w.dtype(), reinterpret_cast<const std::byte*>(at), n, out);
}

void float_panel(const ExecContext& ctx, const PackedMatrix& w, int64_t panel_idx, const float* x, int64_t n_tokens,
                 float* y) {
  constexpr int64_t kCols = kGroupBlocks * kBlockCols;
  thread_local AlignedBuffer<float> expanded(kCols * kPanelRows), sums;
  sums.reserve(static_cast<size_t>(n_tokens * kPanelRows));
  std::fill_n(sums.data(), n_tokens * kPanelRows, 0.0f);
  for (int64_t col = 0; col < w.n_in(); col += kCols) {
    const int64_t n_cols = std::min(kCols, w.n_in() - col);
    expand(ctx, w, panel_idx, col, n_cols, expanded.data());
    ctx.kernels.fma_panel(expanded.data(), n_cols, x + col, w.n_in(), n_tokens, sums.data());
  }
  const int64_t first = panel_idx * kPanelRows, n_rows = std::min<int64_t>(kPanelRows, w.n_out() - first);
  for (int64_t t = 0; t < n_tokens; ++t)
    std::memcpy(y + t * w.n_out() + first, sums.data() + t * kPanelRows, sizeof(float) * static_cast<size_t>(n_rows));
}

}  // namespace

void matmul_joint(const ExecContext& ctx, std::span<const PackedMatrix* const> weights, const float* x,
                  int64_t n_tokens, std::span<float* const> ys) {
  if (weights.empty() || n_tokens == 0) return;
  const int64_t n_in = weights[0]->n_in();
  bool any_integer = false;
  for (const PackedMatrix* w : weights) {
    HANOK_CHECK(w->n_in() == n_in, "weights that share an input have the same n_in");
    any_integer |= ctx.precision == Precision::kInt8 && is_quantized(w->dtype());
  }
  Quantized q;
  if (any_integer) q = quantize(ctx, x, n_tokens, n_in);
  const QuantizedActivations activations{q.codes.data(), q.scales.data(), q.scaled_sums.data(), q.sums.data(), n_in};

  int64_t n_panels = 0;
  for (const PackedMatrix* w : weights) n_panels += w->n_panels();
  const int64_t per_chunk = std::max<int64_t>(1, std::min<int64_t>(8, n_panels / (8 * ctx.pool.n_threads())));
  ctx.pool.run((n_panels + per_chunk - 1) / per_chunk, [&](int64_t chunk, int) {
    for (int64_t p = chunk * per_chunk; p < std::min(n_panels, (chunk + 1) * per_chunk); ++p) {
      int64_t panel_idx = p;
      size_t i = 0;
      while (panel_idx >= weights[i]->n_panels()) panel_idx -= weights[i++]->n_panels();
      const PackedMatrix& w = *weights[i];
      if (ctx.precision == Precision::kInt8 && is_quantized(w.dtype()))
        integer_panel(ctx, w, panel_idx, activations, n_tokens, ys[i]);
      else
        float_panel(ctx, w, panel_idx, x, n_tokens, ys[i]);
    }
  });
}

void matmul(const ExecContext& ctx, const PackedMatrix& weight, const float* x, int64_t n_tokens, float* y) {
  const PackedMatrix* weights[] = {&weight};
  float* ys[] = {y};
  matmul_joint(ctx, weights, x, n_tokens, ys);
}

void get_rows(const ExecContext& ctx, const TensorView& table, std::span<const int32_t> ids, float* out) {
  const int64_t n_cols = table.shape.n_cols();
  ctx.pool.run(static_cast<int64_t>(ids.size()), [&](int64_t i, int) {
    dequantize_row(table.dtype, table.row(ids[static_cast<size_t>(i)]), n_cols, out + i * n_cols);
  });
}

}  // namespace hanok
