// Matrix kernels in plain loops: the reference of every instruction set.
#include <cmath>
#include <cstring>

#include "base/f16.h"
#include "kernels/dequantize.h"
#include "kernels/tables.h"

namespace hanok {
namespace {

void quantize_activations(const float* x, int64_t n_cols, int8_t* codes, float* scales, int32_t* sums) {
  for (int64_t b = 0; b < n_cols / 32; ++b, x += 32, codes += 32) {
    float largest = 0;
    for (int i = 0; i < 32; ++i) largest = std::fmax(largest, std::fabs(x[i]));
    scales[b] = largest / 127.0f;
    const float inverse = largest > 0 ? 127.0f / largest : 0.0f;
    for (int i = 0; i < 32; ++i) codes[i] = static_cast<int8_t>(std::nearbyint(x[i] * inverse));
    for (int h = 0; h < 2; ++h) {
      int32_t sum = 0;
      for (int i = 0; i < 16; ++i) sum += codes[16 * h + i];
      sums[2 * b + h] = sum;
    }
  }
}

uint8_t code_at(const PanelFormat& f, const uint8_t* block, int row, int col) {
  const int g = col / 4, half = row / 16, lane = (row % 16) * 4 + col % 4;
  if (f.bits == 8) return block[(g * 2 + half) * 64 + lane];
  int code = 0, shift = 0;
  if (f.bits >= 4) {
    const uint8_t byte = block[((g / 2) * 2 + half) * 64 + lane];
    code = g % 2 ? byte >> 4 : byte & 15;
    shift = 4;
    block += 512;
  }
  for (; shift < f.bits; ++shift, block += 128)
    code |= ((block[(g * 2 + half) * 8 + lane / 8] >> (lane % 8)) & 1) << shift;
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

void matmul_panel(const PanelFormat& f, const uint8_t* panel, int n_rows, const QuantizedActivations& x,
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

void expand_panel(const PanelFormat& f, const uint8_t* panel, int64_t first_block, int64_t n_blocks, float* out) {
  const auto per_group = static_cast<int64_t>(group_blocks(f));
  const int sub_cols = kBlockCols / f.n_subs;
  for (int64_t b = first_block; b < first_block + n_blocks; ++b) {
    const uint8_t* group = panel + static_cast<size_t>(b / per_group) * group_bytes(f);
    const int in_group = static_cast<int>(b % per_group);
    const uint8_t* block = group + group_header_bytes(f) + static_cast<size_t>(in_group) * block_code_bytes(f);
    for (int r = 0; r < kPanelRows; ++r)
      for (int k = 0; k < kBlockCols; ++k) {
        const Sub sub = sub_at(f, group, in_group, k / sub_cols, r);
        out[((b - first_block) * kBlockCols + k) * kPanelRows + r] =
            sub.scale * static_cast<float>(code_at(f, block, r, k) - f.zero) - sub.min;
      }
  }
}

void fma_panel(const float* w, int64_t n_k, const float* x, int64_t x_stride, int64_t n_tokens, float* acc) {
  for (int64_t t = 0; t < n_tokens; ++t)
    for (int64_t k = 0; k < n_k; ++k)
      for (int r = 0; r < kPanelRows; ++r) acc[t * kPanelRows + r] += w[k * kPanelRows + r] * x[t * x_stride + k];
}

}  // namespace

KernelTable kernel_table_portable() {
  return {Isa::kPortable, quantize_activations, matmul_panel, expand_panel, fma_panel, vector_kernels_portable()};
}

}  // namespace hanok
