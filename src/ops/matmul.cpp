#include "ops/matmul.h"

#include <algorithm>
#include <cstring>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/f16.h"
#include "kernels/dequantize.h"
#include "ops/rows.h"

namespace hanok {
namespace {

// y[t * y_stride + r] for the panel's rows r; the calling thread will probably read the panel `next` after it.
void integer_panel(const ExecContext& ctx, const PackedMatrix& w, int64_t panel_idx, const uint8_t* next,
                   const Activations& x, int64_t n_tokens, float* y, int64_t y_stride) {
  const int n_rows = static_cast<int>(std::min<int64_t>(kPanelRows, w.n_out() - panel_idx * kPanelRows));
  ctx.kernels.matmul_panel(w.format(), w.panel(panel_idx), next, n_rows, x.view(), n_tokens, y, y_stride);
}

// Columns [first_col, first_col + n_cols) of a float panel, [n_cols][32].
const uint8_t* columns_of(const PackedMatrix& w, int64_t panel_idx, int64_t first_col) {
  return w.panel(panel_idx) + first_col * kPanelRows * dtype_info(w.dtype()).block_bytes;
}

// Expands such columns of any panel to f32 [n_cols][32].
void expand(const ExecContext& ctx, const PackedMatrix& w, int64_t panel_idx, int64_t first_col, int64_t n_cols,
            float* out) {
  if (is_quantized(w.dtype()))
    return ctx.kernels.expand_panel(w.format(), w.panel(panel_idx), first_col / kBlockCols, n_cols / kBlockCols, out);
  const uint8_t* at = columns_of(w, panel_idx, first_col);
  const int64_t n = n_cols * kPanelRows;
  if (w.dtype() == DType::kF16) return ctx.kernels.vec.f16_to_f32(reinterpret_cast<const uint16_t*>(at), n, out);
  dequantize_row(w.dtype(), reinterpret_cast<const std::byte*>(at), n, out);
}

// A product's input for float weights.
struct FloatInput {
  const float* values = nullptr;      // [n_tokens, n_in]
  const uint16_t* rounded = nullptr;  // [n_tokens, rounded_stride] where a weight takes_bf16()
  int64_t rounded_stride = 0;         // n_in in whole pairs
};

bool takes_bf16(const ExecContext& ctx, const PackedMatrix& w) {
  return ctx.precision == Precision::kInt8 && w.dtype() == DType::kBF16 && ctx.kernels.dot_bf16_panel != nullptr;
}

void float_panel(const ExecContext& ctx, const PackedMatrix& w, int64_t panel_idx, const FloatInput& x,
                 int64_t n_tokens, float* y) {
  constexpr int64_t kCols = kGroupBlocks * kBlockCols;
  constexpr int64_t kFewTokens = 6;  // one tile: converted in registers, not first
  const bool as_it_is = w.dtype() == DType::kF32 || (!is_quantized(w.dtype()) && n_tokens <= kFewTokens);
  thread_local AlignedBuffer<float> expanded(kCols * kPanelRows), sums;
  sums.reserve(static_cast<size_t>(n_tokens * kPanelRows));
  std::fill_n(sums.data(), n_tokens * kPanelRows, 0.0f);
  for (int64_t col = 0; col < w.n_in(); col += kCols) {
    const int64_t n_cols = std::min(kCols, w.n_in() - col);
    if (takes_bf16(ctx, w)) {
      ctx.kernels.dot_bf16_panel(columns_of(w, panel_idx, col), n_cols, x.rounded + col, x.rounded_stride, n_tokens,
                                 sums.data());
      continue;
    }
    const uint8_t* columns = reinterpret_cast<const uint8_t*>(expanded.data());
    if (as_it_is)
      columns = columns_of(w, panel_idx, col);
    else
      expand(ctx, w, panel_idx, col, n_cols, expanded.data());
    ctx.kernels.fma_panel(as_it_is ? w.dtype() : DType::kF32, columns, n_cols, x.values + col, w.n_in(), n_tokens,
                          sums.data());
  }
  const int64_t first = panel_idx * kPanelRows, n_rows = std::min<int64_t>(kPanelRows, w.n_out() - first);
  for (int64_t t = 0; t < n_tokens; ++t)
    std::memcpy(y + t * w.n_out() + first, sums.data() + t * kPanelRows, sizeof(float) * static_cast<size_t>(n_rows));
}

// The panel after this one of matrix i, in the order of for_panels; itself where it is the last.
const uint8_t* panel_after(std::span<const PackedMatrix* const> weights, size_t i, int64_t panel_idx) {
  if (panel_idx + 1 < weights[i]->n_panels()) return weights[i]->panel(panel_idx + 1);
  return i + 1 < weights.size() ? weights[i + 1]->panel(0) : weights[i]->panel(panel_idx);
}

// Panels of several matrices as pieces of work: run(i, panel_idx) for matrix i.
template <class Run>
void for_panels(const ExecContext& ctx, std::span<const PackedMatrix* const> weights, Run&& run) {
  int64_t n_panels = 0;
  for (const PackedMatrix* w : weights) n_panels += w->n_panels();
  const int64_t per_chunk = std::max<int64_t>(1, std::min<int64_t>(8, n_panels / (8 * ctx.pool.n_threads())));
  ctx.pool.run((n_panels + per_chunk - 1) / per_chunk, [&](int64_t chunk, int) {
    for (int64_t p = chunk * per_chunk; p < std::min(n_panels, (chunk + 1) * per_chunk); ++p) {
      int64_t panel_idx = p;
      size_t i = 0;
      while (panel_idx >= weights[i]->n_panels()) panel_idx -= weights[i++]->n_panels();
      run(i, panel_idx);
    }
  });
}

// The input of a product, quantised into memory of the calling thread, which the pool's threads share for its time.
const Activations& quantized_input(const ExecContext& ctx, const NormedRows& x, int64_t n_tokens, int64_t n_in) {
  thread_local Activations scratch;
  scratch.quantize(ctx, x, n_tokens, n_in);
  return scratch;
}

FloatInput float_input(const ExecContext& ctx, const NormedRows& x, int64_t n_tokens, int64_t n_in, bool round) {
  thread_local AlignedBuffer<float> normed;
  thread_local AlignedBuffer<uint16_t> scratch;
  FloatInput input{x.x, nullptr, n_in + n_in % 2};
  if (x.norm_weight != nullptr) {
    normed.reserve(static_cast<size_t>(n_tokens * n_in));
    rms_norm(ctx, x.x, n_tokens, n_in, x.norm_weight, x.norm_eps, normed.data());
    input.values = normed.data();
  }
  if (round) {
    scratch.reserve(static_cast<size_t>(n_tokens * input.rounded_stride));
    uint16_t* rounded = scratch.data();  // the calling thread's
    for_rows(ctx, n_tokens, n_in, [&](int64_t first, int64_t last) {
      for (int64_t t = first; t < last; ++t)
        ctx.kernels.round_to_bf16(input.values + t * n_in, n_in, rounded + t * input.rounded_stride);
    });
    input.rounded = rounded;
  }
  return input;
}

}  // namespace

bool takes_integers(const ExecContext& ctx, const PackedMatrix& weight) {
  return ctx.precision == Precision::kInt8 && is_quantized(weight.dtype());
}

void matmul_joint(const ExecContext& ctx, std::span<const PackedMatrix* const> weights, const NormedRows& x,
                  int64_t n_tokens, std::span<float* const> ys) {
  if (weights.empty() || n_tokens == 0) return;
  const int64_t n_in = weights[0]->n_in();
  bool any_integer = false, any_float = false, any_bf16 = false;
  for (const PackedMatrix* w : weights) {
    HANOK_CHECK(w->n_in() == n_in, "weights that share an input have the same n_in");
    (takes_integers(ctx, *w) ? any_integer : any_float) = true;
    any_bf16 = any_bf16 || takes_bf16(ctx, *w);
  }
  const Activations* quantized = any_integer ? &quantized_input(ctx, x, n_tokens, n_in) : nullptr;
  const FloatInput floats = any_float ? float_input(ctx, x, n_tokens, n_in, any_bf16) : FloatInput{};
  for_panels(ctx, weights, [&](size_t i, int64_t panel_idx) {
    const PackedMatrix& w = *weights[i];
    if (takes_integers(ctx, w))
      integer_panel(ctx, w, panel_idx, panel_after(weights, i, panel_idx), *quantized, n_tokens,
                    ys[i] + panel_idx * kPanelRows, w.n_out());
    else
      float_panel(ctx, w, panel_idx, floats, n_tokens, ys[i]);
  });
}

void matmul(const ExecContext& ctx, const PackedMatrix& weight, const float* x, int64_t n_tokens, float* y) {
  const PackedMatrix* weights[] = {&weight};
  float* ys[] = {y};
  matmul_joint(ctx, weights, {x}, n_tokens, ys);
}

void matmul(const ExecContext& ctx, const PackedMatrix& weight, const Activations& x, int64_t n_tokens, float* y) {
  HANOK_CHECK(takes_integers(ctx, weight) && x.n_cols() == weight.n_in(), "quantised activations fit the weight");
  const PackedMatrix* weights[] = {&weight};
  for_panels(ctx, weights, [&](size_t, int64_t panel_idx) {
    integer_panel(ctx, weight, panel_idx, panel_after(weights, 0, panel_idx), x, n_tokens, y + panel_idx * kPanelRows,
                  weight.n_out());
  });
}

void matmul_gated(const ExecContext& ctx, const PackedMatrix& gate, const PackedMatrix& up, GatedActivation activation,
                  const NormedRows& x, int64_t n_tokens, Activations& out) {
  HANOK_CHECK(takes_integers(ctx, gate) && takes_integers(ctx, up) && gate.n_in() == up.n_in() &&
                  gate.n_out() == up.n_out() && gate.n_out() % kPanelRows == 0,
              "gate and up are quantised and alike, in whole panels");
  const Activations& quantized = quantized_input(ctx, x, n_tokens, gate.n_in());
  out.resize(n_tokens, gate.n_out());
  const PackedMatrix* weights[] = {&gate};
  for_panels(ctx, weights, [&](size_t, int64_t panel_idx) {
    constexpr int64_t kAhead = 16;  // tokens whose places in `out`, far apart, are fetched before they are written
    thread_local AlignedBuffer<float> gates, ups;
    gates.reserve(static_cast<size_t>(n_tokens * kPanelRows));
    ups.reserve(static_cast<size_t>(n_tokens * kPanelRows));
    integer_panel(ctx, gate, panel_idx, up.panel(panel_idx), quantized, n_tokens, gates.data(), kPanelRows);
    integer_panel(ctx, up, panel_idx, panel_after(weights, 0, panel_idx), quantized, n_tokens, ups.data(), kPanelRows);
    activation(gates.data(), ups.data(), n_tokens * kPanelRows);
    for (int64_t t = 0; t < n_tokens; ++t) {
      if (t + kAhead < n_tokens) {
        const ActivationRow later = out.row(t + kAhead, panel_idx * kPanelRows);
        __builtin_prefetch(later.codes, 1);
        __builtin_prefetch(later.scales, 1);
        __builtin_prefetch(later.scaled_sums, 1);
        __builtin_prefetch(later.zero_parts, 1);
      }
      ctx.kernels.quantize_activations(gates.data() + t * kPanelRows, kPanelRows, out.row(t, panel_idx * kPanelRows));
    }
  });
}

void get_rows(const ExecContext& ctx, const TensorView& table, std::span<const int32_t> ids, float* out) {
  const int64_t n_cols = table.shape.n_cols();
  ctx.pool.run(static_cast<int64_t>(ids.size()), [&](int64_t i, int) {
    dequantize_row(table.dtype, table.row(ids[static_cast<size_t>(i)]), n_cols, out + i * n_cols);
  });
}

}  // namespace hanok
