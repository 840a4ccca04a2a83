// Matrix kernels in plain loops: the reference of every instruction set.
#include <cmath>
#include <cstring>

#include "base/f16.h"
#include "kernels/dequantize.h"
#include "kernels/tables.h"

namespace hanok {
namespace {

#include "kernels/activation_block.inc"

void quantize_activations(const float* x, int64_t n_cols, const ActivationRow& out) {
  for (int64_t b = 0; b < n_cols / 32; ++b, x += 32) {
    float largest = 0;
    for (int i = 0; i < 32; ++i) {
      const float magnitude = std::fabs(x[i]);
      largest = std::isnan(largest) || magnitude <= largest ? largest : magnitude;
    }
    if (write_without_codes(largest, b, out)) continue;
    const float inverse = 127.0f / largest;
    int32_t sums[2] = {0, 0};
    for (int i = 0; i < 32; ++i) {
      const auto code = static_cast<int8_t>(std::nearbyint(x[i] * inverse));
      out.codes[32 * b + i] = code;
      sums[i / 16] += code;
    }
    out.scales[b] = largest / 127.0f;
    out.zero_parts[2 * b] = -32 * sums[0], out.zero_parts[2 * b + 1] = -32 * sums[1];
    out.scaled_sums[b] = out.scales[b] * static_cast<float>(sums[0] + sums[1]);
  }
}

// The bits of row `row`, column `col` in a plane of the given width.
int plane_at(const uint8_t* plane, int width, int row, int col) {
  const int g = col / 4, half = row / 16, lane = (row % 16) * 4 + col % 4, per_part = 8 / width;
  const int byte = plane[(g / per_part * 2 + half) * 64 + lane];
  return (byte >> (width * (g % per_part))) & ((1 << width) - 1);
}

uint8_t code_at(const PanelFormat& f, const uint8_t* block, int row, int col) {
  const int low = low_width(f), high = high_width(f);
  int code = plane_at(block, low, row, col);
  if (high > 0) code |= plane_at(block + low * 128, high, row, col) << low;
  return static_cast<uint8_t>(f.is_table ? kIq4Values[code] + 128 : code);
}

float half_at(const uint8_t* at, int index) {
  uint16_t bits;
  std::memcpy(&bits, at + 2 * index, 2);
  return f16_to_f32(bits);
}

// Scale and minimum of one row's sub-block, and where the block's codes begin.
struct Sub {
  float scale, min;
};
Sub sub_at(const PanelFormat& f, const uint8_t* group, int block_in_group, int sub, int row) {
  const float d = half_at(group, row), m = f.has_min ? half_at(group + 64, row) : 0.0f;
  if (!f.is_k) return {d, m};
  const uint8_t* scales = group + (f.has_min ? 128 : 64);
  const int index = (block_in_group * f.n_subs + sub) * kPanelRows + row;
  // Formats with minima have unsigned scales, the others signed ones.
  const float scale =
      f.has_min ? static_cast<float>(scales[index]) : static_cast<float>(static_cast<int8_t>(scales[index]));
  const float min = f.has_min ? static_cast<float>(scales[kGroupBlocks * f.n_subs * kPanelRows + index]) : 0.0f;
  return {d * scale, m * min};
}

void matmul_panel(const PanelFormat& f, const uint8_t* panel, const uint8_t*, int n_rows, const QuantizedActivations& x,
                  int64_t n_tokens, float* y, int64_t y_stride) {
  const int64_t n_blocks = x.n_cols / kBlockCols;
  const auto per_group = static_cast<int64_t>(group_blocks(f));
  const int sub_cols = kBlockCols / f.n_subs;
  for (int64_t t = 0; t < n_tokens; ++t)
    for (int r = 0; r < n_rows; ++r) y[t * y_stride + r] = 0;
  for (int64_t b = 0; b < n_blocks; ++b) {
    const uint8_t* group = panel + static_cast<size_t>(b / per_group) * group_bytes(f);
    const int in_group = static_cast<int>(b % per_group);
    const uint8_t* block = group + group_header_bytes(f) + static_cast<size_t>(in_group) * block_code_bytes(f);
    for (int r = 0; r < n_rows; ++r) {
      uint8_t codes[kBlockCols];
      for (int k = 0; k < kBlockCols; ++k) codes[k] = code_at(f, block, r, k);
      for (int s = 0; s < f.n_subs; ++s) {
        const Sub sub = sub_at(f, group, in_group, s, r);
        for (int64_t t = 0; t < n_tokens; ++t) {
          const int8_t* a = x.codes + t * x.n_cols + b * kBlockCols + s * sub_cols;
          int32_t dot = 0, sum = 0;
          for (int k = 0; k < sub_cols; ++k) {
            dot += (codes[s * sub_cols + k] - f.zero) * a[k];
            sum += a[k];
          }
          const float da = x.scales[t * n_blocks + b];
          y[t * y_stride + r] += static_cast<float>(dot) * (sub.scale * da) - sub.min * (da * static_cast<float>(sum));
        }
      }
    }
  }
}

// The bits of column `col` in the 32 rows of a plane.
void plane_column(const uint8_t* plane, int width, int col, uint8_t* out) {
  const int g = col / 4, per_part = 8 / width, shift = width * (g % per_part), mask = (1 << width) - 1;
  const uint8_t* at = plane + g / per_part * 128 + col % 4;
  for (int r = 0; r < kPanelRows; ++r) out[r] = static_cast<uint8_t>((at[4 * r] >> shift) & mask);
}

void expand_block(const PanelFormat& f, const uint8_t* block, const Sub (*subs)[kPanelRows], float* out) {
  const int low = low_width(f), high = high_width(f), sub_cols = kBlockCols / f.n_subs;
  for (int k = 0; k < kBlockCols; ++k, out += kPanelRows) {
    uint8_t codes[kPanelRows], highs[kPanelRows] = {};
    plane_column(block, low, k, codes);
    if (high > 0) plane_column(block + low * 128, high, k, highs);
    const Sub* sub = subs[k / sub_cols];
    for (int r = 0; r < kPanelRows; ++r) {
      const int code = codes[r] | highs[r] << low;
      out[r] = sub[r].scale * static_cast<float>((f.is_table ? kIq4Values[code] + 128 : code) - f.zero) - sub[r].min;
    }
  }
}

void expand_panel(const PanelFormat& f, const uint8_t* panel, int64_t first_block, int64_t n_blocks, float* out) {
  const auto per_group = static_cast<int64_t>(group_blocks(f));
  for (int64_t b = first_block; b < first_block + n_blocks; ++b, out += kBlockCols * kPanelRows) {
    const uint8_t* group = panel + static_cast<size_t>(b / per_group) * group_bytes(f);
    const int in_group = static_cast<int>(b % per_group);
    Sub subs[2][kPanelRows];
    for (int s = 0; s < f.n_subs; ++s)
      for (int r = 0; r < kPanelRows; ++r) subs[s][r] = sub_at(f, group, in_group, s, r);
    expand_block(f, group + group_header_bytes(f) + static_cast<size_t>(in_group) * block_code_bytes(f), subs, out);
  }
}

void fma_panel(DType dtype, const uint8_t* w, int64_t n_k, const float* x, int64_t x_stride, int64_t n_tokens,
               float* acc) {
  float row[kPanelRows];
  for (int64_t k = 0; k < n_k; ++k) {
    const size_t n_bytes = kPanelRows * static_cast<size_t>(dtype_info(dtype).block_bytes);
    dequantize_row(dtype, reinterpret_cast<const std::byte*>(w) + static_cast<size_t>(k) * n_bytes, kPanelRows, row);
    for (int64_t t = 0; t < n_tokens; ++t)
      for (int r = 0; r < kPanelRows; ++r) acc[t * kPanelRows + r] += row[r] * x[t * x_stride + k];
  }
}

}  // namespace

KernelTable kernel_table_portable() {
  return {Isa::kPortable,        quantize_activations,     matmul_panel, expand_panel, fma_panel,
          attend_block_portable, vector_kernels_portable()};
}

}  // namespace hanok
