// Products with BF16 panels by vdpbf16ps, which adds two of them at a time; everything else is AVX-512's.
#include <immintrin.h>

#include <cstring>

#include "kernels/tables.h"

namespace hanok {
namespace {

constexpr int kTileTokens = 12;  // 24 sums, two vectors of weights and an activation fit into 32 registers

void round_to_bf16(const float* x, int64_t n, uint16_t* out) {
  for (int64_t i = 0; i < n; i += 16) {
    const unsigned there = n - i < 16 ? (1u << (n - i)) - 1 : 0xffff;
    const unsigned whole_pairs = there | (there << 1 & 0xaaaa);
    const __m512 values = _mm512_maskz_loadu_ps(static_cast<__mmask16>(there), x + i);
    _mm256_mask_storeu_epi16(out + i, static_cast<__mmask16>(whole_pairs), (__m256i)_mm512_cvtneps_pbh(values));
  }
}

inline __m512i load_column(const uint8_t* w, int64_t k) {
  return _mm512_loadu_si512(w + k * 2 * kPanelRows);
}

inline __m512bh splat_pair(const uint16_t* x) {
  int32_t pair;
  memcpy(&pair, x, 4);
  return (__m512bh)_mm512_set1_epi32(pair);
}

template <int kTokens>
inline void dot_tile(const uint8_t* w, int64_t n_k, const uint16_t* x, int64_t x_stride, float* acc) {
  // Words of two columns, the second's from 32 on, in pairs of one row: rows 0 .. 15, then 16 .. 31.
  const __m512i rows = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i lower = _mm512_or_si512(rows, _mm512_slli_epi32(_mm512_add_epi32(rows, _mm512_set1_epi32(32)), 16));
  const __m512i upper = _mm512_add_epi16(lower, _mm512_set1_epi16(16));
  __m512 sums[kTokens][2];
#pragma GCC unroll 12
  for (int t = 0; t < kTokens; ++t)
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) sums[t][i] = _mm512_loadu_ps(acc + t * kPanelRows + i * 16);
  for (int64_t k = 0; k < n_k; k += 2) {
    const __m512i first = load_column(w, k), second = k + 1 < n_k ? load_column(w, k + 1) : _mm512_setzero_si512();
    const __m512bh w0 = (__m512bh)_mm512_permutex2var_epi16(first, lower, second),
                   w1 = (__m512bh)_mm512_permutex2var_epi16(first, upper, second);
#pragma GCC unroll 12
    for (int t = 0; t < kTokens; ++t) {
      const __m512bh pair = splat_pair(x + t * x_stride + k);
      sums[t][0] = _mm512_dpbf16_ps(sums[t][0], w0, pair);
      sums[t][1] = _mm512_dpbf16_ps(sums[t][1], w1, pair);
    }
  }
#pragma GCC unroll 12
  for (int t = 0; t < kTokens; ++t)
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) _mm512_storeu_ps(acc + t * kPanelRows + i * 16, sums[t][i]);
}

template <int kTokens>
inline void dot_tile_of(int64_t n_tokens, const uint8_t* w, int64_t n_k, const uint16_t* x, int64_t x_stride,
                        float* acc) {
  if constexpr (kTokens < kTileTokens) {
    if (n_tokens > kTokens) return dot_tile_of<kTokens + 1>(n_tokens, w, n_k, x, x_stride, acc);
  }
  dot_tile<kTokens>(w, n_k, x, x_stride, acc);
}

void dot_bf16_panel(const uint8_t* w, int64_t n_k, const uint16_t* x, int64_t x_stride, int64_t n_tokens, float* acc) {
  const int64_t n_tiles = (n_tokens + kTileTokens - 1) / kTileTokens;
  for (int64_t tile = 0, t = 0; tile < n_tiles; ++tile) {
    const int64_t n_tile = (n_tokens - t + n_tiles - tile - 1) / (n_tiles - tile);
    dot_tile_of<1>(n_tile, w, n_k, x + t * x_stride, x_stride, acc + t * kPanelRows);
    t += n_tile;
  }
}

}  // namespace

KernelTable kernel_table_avx512bf16() {
  KernelTable table = kernel_table_avx512();
  table.isa = Isa::kAvx512Bf16;
  table.round_to_bf16 = round_to_bf16;
  table.dot_bf16_panel = dot_bf16_panel;
  return table;
}

}  // namespace hanok
