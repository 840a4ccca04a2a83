// Matrix kernels with AVX-512 VNNI: a group of blocks is unpacked once into L1 and swept over the tokens in tiles of
// six.
#include <immintrin.h>

#include <cstring>

#include "kernels/tables.h"

namespace hanok {
namespace {

constexpr int kSubs = 2 * kGroupBlocks;

// A group unpacked: codes [block][8 groups][2 halves][64], scale and min of each sub-block and row.
struct alignas(64) Unpacked {
  uint8_t codes[kGroupBlocks][8][2][64];
  float scales[kSubs][kPanelRows];
  float mins[kSubs][kPanelRows];
};

void quantize_activations(const float* x, int64_t n_cols, int8_t* codes, float* scales, int32_t* sums) {
  for (int64_t b = 0; b < n_cols / 32; ++b, x += 32, codes += 32) {
    const __m512 x0 = _mm512_loadu_ps(x), x1 = _mm512_loadu_ps(x + 16);
    const float largest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(x0), _mm512_abs_ps(x1)));
    scales[b] = largest / 127.0f;
    const __m512 inverse = _mm512_set1_ps(largest > 0 ? 127.0f / largest : 0.0f);
    const __m512i q0 = _mm512_cvtps_epi32(_mm512_mul_ps(x0, inverse)),
                  q1 = _mm512_cvtps_epi32(_mm512_mul_ps(x1, inverse));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(codes), _mm512_cvtsepi32_epi8(q0));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(codes + 16), _mm512_cvtsepi32_epi8(q1));
    sums[2 * b] = _mm512_reduce_add_epi32(q0);
    sums[2 * b + 1] = _mm512_reduce_add_epi32(q1);
  }
}

inline __m512i table_values() {
  const __m128i values = _mm_setr_epi8(1, 24, 45, 63, 79, 93, 106, 118, static_cast<char>(129), static_cast<char>(141),
                                       static_cast<char>(153), static_cast<char>(166), static_cast<char>(181),
                                       static_cast<char>(197), static_cast<char>(217), static_cast<char>(241));
  return _mm512_broadcast_i32x4(values);
}

template <int kBits, bool kTable>
inline void unpack_block(const uint8_t* block, uint8_t (*out)[2][64]) {
  const __m512i low_mask = _mm512_set1_epi8(15);
  for (int g = 0; g < 8; g += 2)
    for (int h = 0; h < 2; ++h) {
      __m512i even, odd;
      if constexpr (kBits == 8) {
        even = _mm512_loadu_si512(block + (g * 2 + h) * 64);
        odd = _mm512_loadu_si512(block + ((g + 1) * 2 + h) * 64);
      } else if constexpr (kBits >= 4) {
        const __m512i bytes = _mm512_loadu_si512(block + (g + h) * 64);
        even = _mm512_and_si512(bytes, low_mask);
        odd = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), low_mask);
      } else {
        even = odd = _mm512_setzero_si512();
      }
      if constexpr (kTable) {
        even = _mm512_shuffle_epi8(table_values(), even);
        odd = _mm512_shuffle_epi8(table_values(), odd);
      }
      if constexpr (kBits != 8 && kBits != 4) {
        constexpr int kFirst = kBits >= 4 ? 4 : 0;
        const uint8_t* plane = block + (kBits >= 4 ? 512 : 0);
        for (int bit = kFirst; bit < kBits; ++bit, plane += 128) {
          uint64_t mask_even, mask_odd;
          memcpy(&mask_even, plane + (g * 2 + h) * 8, 8);
          memcpy(&mask_odd, plane + ((g + 1) * 2 + h) * 8, 8);
          const __m512i value = _mm512_set1_epi8(static_cast<char>(1 << bit));
          even = _mm512_mask_add_epi8(even, mask_even, even, value);
          odd = _mm512_mask_add_epi8(odd, mask_odd, odd, value);
        }
      }
      _mm512_store_si512(out[g][h], even);
      _mm512_store_si512(out[g + 1][h], odd);
    }
}

inline void unpack_scales(const PanelFormat& f, const uint8_t* group, int block, float (*scales)[kPanelRows],
                          float (*mins)[kPanelRows]) {
  for (int h = 0; h < 2; ++h) {
    const __m512 d = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(group + 32 * h)));
    const __m512 m = f.has_min
                         ? _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(group + 64 + 32 * h)))
                         : _mm512_setzero_ps();
    if (!f.is_k) {
      _mm512_store_ps(scales[0] + 16 * h, d);
      _mm512_store_ps(mins[0] + 16 * h, m);
      continue;
    }
    const uint8_t* at = group + (f.has_min ? 128 : 64) + block * f.n_subs * kPanelRows + 16 * h;
    for (int s = 0; s < f.n_subs; ++s, at += kPanelRows) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m512i wide = f.has_min ? _mm512_cvtepu8_epi32(bytes) : _mm512_cvtepi8_epi32(bytes);
      _mm512_store_ps(scales[s] + 16 * h, _mm512_mul_ps(d, _mm512_cvtepi32_ps(wide)));
      if (f.has_min) {
        const __m128i min_bytes =
            _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + kGroupBlocks * f.n_subs * kPanelRows));
        _mm512_store_ps(mins[s] + 16 * h, _mm512_mul_ps(m, _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(min_bytes))));
      }
    }
  }
}

// Unpacks n_blocks blocks from block `first` on.
template <int kBits, bool kTable>
void unpack(const PanelFormat& f, const uint8_t* panel, int64_t first, int n_blocks, Unpacked& out) {
  const auto per_group = static_cast<int64_t>(group_blocks(f));
  const size_t code_bytes = block_code_bytes(f), header = group_header_bytes(f), stride = group_bytes(f);
  for (int i = 0; i < n_blocks; ++i) {
    const int64_t b = first + i;
    const uint8_t* group = panel + static_cast<size_t>(b / per_group) * stride;
    const auto in_group = static_cast<int>(b % per_group);
    unpack_scales(f, group, in_group, out.scales + i * f.n_subs, out.mins + i * f.n_subs);
    unpack_block<kBits, kTable>(group + header + static_cast<size_t>(in_group) * code_bytes, out.codes[i]);
  }
}

// Adds n_blocks blocks to the sums c [kTokens][32].
template <int kTokens, int kSubsPerBlock, bool kMin>
inline void tile(const Unpacked& w, int n_blocks, int zero, const QuantizedActivations& x, int64_t first_block,
                 float* c) {
  __m512 sums[kTokens][2];
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
    sums[t][0] = _mm512_loadu_ps(c + t * kPanelRows);
    sums[t][1] = _mm512_loadu_ps(c + t * kPanelRows + 16);
  }
  const int64_t blocks_per_token = x.n_cols / kBlockCols;
  for (int b = 0; b < n_blocks; ++b) {
    const int8_t* codes = x.codes + (first_block + b) * kBlockCols;
#pragma GCC unroll 2
    for (int s = 0; s < kSubsPerBlock; ++s) {
      constexpr int kGroups = 8 / kSubsPerBlock;
      __m512i dots[kTokens][2];
#pragma GCC unroll 8
      for (int t = 0; t < kTokens; ++t) dots[t][0] = dots[t][1] = _mm512_setzero_si512();
      // One token alone has too few chains to hide the latency: odd groups get sums of their own. Integers: still
      // exact.
      __m512i odd0 = _mm512_setzero_si512(), odd1 = odd0;
#pragma GCC unroll 8
      for (int g = 0; g < kGroups; ++g) {
        const __m512i w0 = _mm512_load_si512(w.codes[b][s * kGroups + g][0]),
                      w1 = _mm512_load_si512(w.codes[b][s * kGroups + g][1]);
#pragma GCC unroll 8
        for (int t = 0; t < kTokens; ++t) {
          int32_t four;
          memcpy(&four, codes + t * x.n_cols + (s * kGroups + g) * 4, 4);
          const __m512i a = _mm512_set1_epi32(four);
          if (kTokens == 1 && g % 2 == 1) {
            odd0 = _mm512_dpbusd_epi32(odd0, w0, a);
            odd1 = _mm512_dpbusd_epi32(odd1, w1, a);
            continue;
          }
          dots[t][0] = _mm512_dpbusd_epi32(dots[t][0], w0, a);
          dots[t][1] = _mm512_dpbusd_epi32(dots[t][1], w1, a);
        }
      }
      if constexpr (kTokens == 1) {
        dots[0][0] = _mm512_add_epi32(dots[0][0], odd0);
        dots[0][1] = _mm512_add_epi32(dots[0][1], odd1);
      }
      const __m512 s0 = _mm512_load_ps(w.scales[b * kSubsPerBlock + s]),
                   s1 = _mm512_load_ps(w.scales[b * kSubsPerBlock + s] + 16);
#pragma GCC unroll 8
      for (int t = 0; t < kTokens; ++t) {
        const int32_t* parts = x.sums + (t * blocks_per_token + first_block + b) * 2;
        const int32_t sum = kSubsPerBlock == 2 ? parts[s] : parts[0] + parts[1];
        const __m512 da = _mm512_set1_ps(x.scales[t * blocks_per_token + first_block + b]);
        const __m512i offset = _mm512_set1_epi32(zero * sum);
        sums[t][0] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(dots[t][0], offset)), _mm512_mul_ps(s0, da),
                                     sums[t][0]);
        sums[t][1] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(dots[t][1], offset)), _mm512_mul_ps(s1, da),
                                     sums[t][1]);
        if constexpr (kMin) {
          const __m512 scaled = _mm512_mul_ps(da, _mm512_set1_ps(static_cast<float>(sum)));
          sums[t][0] = _mm512_fnmadd_ps(_mm512_load_ps(w.mins[b * kSubsPerBlock + s]), scaled, sums[t][0]);
          sums[t][1] = _mm512_fnmadd_ps(_mm512_load_ps(w.mins[b * kSubsPerBlock + s] + 16), scaled, sums[t][1]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
    _mm512_storeu_ps(c + t * kPanelRows, sums[t][0]);
    _mm512_storeu_ps(c + t * kPanelRows + 16, sums[t][1]);
  }
}

inline QuantizedActivations from_token(const QuantizedActivations& x, int64_t t) {
  return {x.codes + t * x.n_cols, x.scales + t * (x.n_cols / 32), x.sums + t * (x.n_cols / 16), x.n_cols};
}

constexpr int64_t kMaxTokens = 256;

template <int kBits, bool kTable, int kSubsPerBlock, bool kMin>
void sweep(const PanelFormat& f, const uint8_t* panel, int n_rows, const QuantizedActivations& x, int64_t n_tokens,
           float* y, int64_t y_stride) {
  Unpacked w;
  alignas(64) float c[kMaxTokens * kPanelRows];
  for (int64_t i = 0; i < n_tokens * kPanelRows; i += 16) _mm512_store_ps(c + i, _mm512_setzero_ps());
  const int64_t n_blocks = x.n_cols / kBlockCols;
  const auto per_group = static_cast<int64_t>(group_blocks(f));
  for (int64_t b = 0; b < n_blocks; b += kGroupBlocks) {
    const int n = static_cast<int>(n_blocks - b < kGroupBlocks ? n_blocks - b : kGroupBlocks);
    const uint8_t* next = panel + static_cast<size_t>(b / per_group + 8 / per_group) * group_bytes(f);
    const size_t next_bytes = group_bytes(f) * static_cast<size_t>(8 / per_group);
    for (size_t i = 0; n_tokens <= 4 && i < next_bytes; i += 64)
      _mm_prefetch(reinterpret_cast<const char*>(next + i), _MM_HINT_T0);
    unpack<kBits, kTable>(f, panel, b, n, w);
    int64_t t = 0;
    for (; t + 6 <= n_tokens; t += 6)
      tile<6, kSubsPerBlock, kMin>(w, n, f.zero, from_token(x, t), b, c + t * kPanelRows);
    for (; t + 2 <= n_tokens; t += 2)
      tile<2, kSubsPerBlock, kMin>(w, n, f.zero, from_token(x, t), b, c + t * kPanelRows);
    for (; t < n_tokens; ++t) tile<1, kSubsPerBlock, kMin>(w, n, f.zero, from_token(x, t), b, c + t * kPanelRows);
  }
  const __mmask16 m0 = n_rows >= 16 ? 0xffff : static_cast<__mmask16>((1u << n_rows) - 1);
  const __mmask16 m1 = n_rows >= 32 ? 0xffff : n_rows <= 16 ? 0 : static_cast<__mmask16>((1u << (n_rows - 16)) - 1);
  for (int64_t t = 0; t < n_tokens; ++t) {
    _mm512_mask_storeu_ps(y + t * y_stride, m0, _mm512_load_ps(c + t * kPanelRows));
    _mm512_mask_storeu_ps(y + t * y_stride + 16, m1, _mm512_load_ps(c + t * kPanelRows + 16));
  }
}

void matmul_part(const PanelFormat& f, const uint8_t* panel, int n_rows, const QuantizedActivations& x,
                 int64_t n_tokens, float* y, int64_t y_stride) {
  if (f.is_table) return sweep<4, true, 1, false>(f, panel, n_rows, x, n_tokens, y, y_stride);
  if (f.bits == 4 && f.has_min) return sweep<4, false, 1, true>(f, panel, n_rows, x, n_tokens, y, y_stride);
  if (f.bits == 4) return sweep<4, false, 1, false>(f, panel, n_rows, x, n_tokens, y, y_stride);
  if (f.bits == 5 && f.has_min) return sweep<5, false, 1, true>(f, panel, n_rows, x, n_tokens, y, y_stride);
  if (f.bits == 5) return sweep<5, false, 1, false>(f, panel, n_rows, x, n_tokens, y, y_stride);
  if (f.bits == 6) return sweep<6, false, 2, false>(f, panel, n_rows, x, n_tokens, y, y_stride);
  if (f.bits == 8) return sweep<8, false, 1, false>(f, panel, n_rows, x, n_tokens, y, y_stride);
  if (f.bits == 2) return sweep<2, false, 2, true>(f, panel, n_rows, x, n_tokens, y, y_stride);
  sweep<3, false, 2, false>(f, panel, n_rows, x, n_tokens, y, y_stride);
}

void matmul_panel(const PanelFormat& f, const uint8_t* panel, int n_rows, const QuantizedActivations& x,
                  int64_t n_tokens, float* y, int64_t y_stride) {
  for (int64_t t = 0; t < n_tokens; t += kMaxTokens) {
    const int64_t n = n_tokens - t < kMaxTokens ? n_tokens - t : kMaxTokens;
    matmul_part(f, panel, n_rows, from_token(x, t), n, y + t * y_stride, y_stride);
  }
}

template <int kTokens>
inline void fma_tile(const float* w, int64_t n_k, const float* x, int64_t x_stride, float* acc) {
  __m512 sums[kTokens][2];
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
    sums[t][0] = _mm512_loadu_ps(acc + t * kPanelRows);
    sums[t][1] = _mm512_loadu_ps(acc + t * kPanelRows + 16);
  }
  for (int64_t k = 0; k < n_k; ++k) {
    const __m512 w0 = _mm512_loadu_ps(w + k * kPanelRows), w1 = _mm512_loadu_ps(w + k * kPanelRows + 16);
#pragma GCC unroll 8
    for (int t = 0; t < kTokens; ++t) {
      const __m512 a = _mm512_set1_ps(x[t * x_stride + k]);
      sums[t][0] = _mm512_fmadd_ps(w0, a, sums[t][0]);
      sums[t][1] = _mm512_fmadd_ps(w1, a, sums[t][1]);
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
    _mm512_storeu_ps(acc + t * kPanelRows, sums[t][0]);
    _mm512_storeu_ps(acc + t * kPanelRows + 16, sums[t][1]);
  }
}

void fma_panel(const float* w, int64_t n_k, const float* x, int64_t x_stride, int64_t n_tokens, float* acc) {
  int64_t t = 0;
  for (; t + 8 <= n_tokens; t += 8) fma_tile<8>(w, n_k, x + t * x_stride, x_stride, acc + t * kPanelRows);
  for (; t < n_tokens; ++t) fma_tile<1>(w, n_k, x + t * x_stride, x_stride, acc + t * kPanelRows);
}

}  // namespace

KernelTable kernel_table_avx512() {
  KernelTable table = kernel_table_portable();
  table.isa = Isa::kAvx512;
  table.quantize_activations = quantize_activations;
  table.matmul_panel = matmul_panel;
  table.fma_panel = fma_panel;
  table.vec = vector_kernels_avx512();
  return table;
}

}  // namespace hanok
