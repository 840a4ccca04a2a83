// Matrix kernels with AVX2: blocks are unpacked into L1 and swept over the tokens in pairs.
// Codes up to 6 bits multiply as unsigned bytes; 8-bit codes are made signed and their sign moved to the activation, so
// that no pair of products leaves 16 bits: 2 * 63 * 127 and 2 * 128 * 127 are both below 32768.
#include <immintrin.h>

#include <cstring>

#include "kernels/tables.h"

namespace hanok {
namespace {

constexpr int64_t kMaxTokens = 256;

struct alignas(64) Unpacked {
  uint8_t codes[kGroupBlocks][8][4][32];  // [block][group of 4 columns][8 rows][row, column]
  float scales[2 * kGroupBlocks][kPanelRows];
  float mins[2 * kGroupBlocks][kPanelRows];
};

inline __m256i load(const void* at) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(at));
}

// Bytes that are `value` where the bit of 32 is set.
inline __m256i spread_bits(const uint8_t* bits, char value) {
  int32_t word;
  memcpy(&word, bits, 4);
  const __m256i index =
      _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
  const __m256i bit = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201ull));
  const __m256i spread = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(word), index), bit);
  return _mm256_and_si256(_mm256_cmpeq_epi8(spread, bit), _mm256_set1_epi8(value));
}

inline __m256i table_of(__m256i codes) {
  const __m128i values = _mm_setr_epi8(1, 24, 45, 63, 79, 93, 106, 118, static_cast<char>(129), static_cast<char>(141),
                                       static_cast<char>(153), static_cast<char>(166), static_cast<char>(181),
                                       static_cast<char>(197), static_cast<char>(217), static_cast<char>(241));
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(values), codes);
}

void unpack_block(const PanelFormat& f, const uint8_t* block, uint8_t (*out)[4][32]) {
  const __m256i low = _mm256_set1_epi8(15);
  for (int g = 0; g < 8; ++g)
    for (int q = 0; q < 4; ++q) {  // quarter: half q / 2, lanes 32 * (q % 2) ...
      const int half = q / 2, lane = 32 * (q % 2);
      __m256i codes = _mm256_setzero_si256();
      const uint8_t* plane = block;
      int bit = 0;
      if (f.bits == 8) {
        codes = load(block + (g * 2 + half) * 64 + lane);
        bit = 8;
      } else if (f.bits >= 4) {
        const __m256i bytes = load(block + ((g / 2) * 2 + half) * 64 + lane);
        codes = _mm256_and_si256(g % 2 ? _mm256_srli_epi16(bytes, 4) : bytes, low);
        if (f.is_table) codes = table_of(codes);
        plane += 512;
        bit = 4;
      }
      for (; bit < f.bits; ++bit, plane += 128)
        codes = _mm256_or_si256(codes, spread_bits(plane + (g * 2 + half) * 8 + lane / 8, static_cast<char>(1 << bit)));
      _mm256_store_si256(reinterpret_cast<__m256i*>(out[g][q]), codes);
    }
}

void unpack_scales(const PanelFormat& f, const uint8_t* group, int block, float (*scales)[kPanelRows],
                   float (*mins)[kPanelRows]) {
  for (int q = 0; q < 4; ++q) {
    const __m256 d = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(group + 16 * q)));
    const __m256 m = f.has_min ? _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(group + 64 + 16 * q)))
                               : _mm256_setzero_ps();
    if (!f.is_k) {
      _mm256_store_ps(scales[0] + 8 * q, d);
      _mm256_store_ps(mins[0] + 8 * q, m);
      continue;
    }
    const uint8_t* at = group + (f.has_min ? 128 : 64) + block * f.n_subs * kPanelRows + 8 * q;
    for (int s = 0; s < f.n_subs; ++s, at += kPanelRows) {
      const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at));
      const __m256i wide = f.has_min ? _mm256_cvtepu8_epi32(bytes) : _mm256_cvtepi8_epi32(bytes);
      _mm256_store_ps(scales[s] + 8 * q, _mm256_mul_ps(d, _mm256_cvtepi32_ps(wide)));
      if (f.has_min) {
        const __m128i min_bytes =
            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at + kGroupBlocks * f.n_subs * kPanelRows));
        _mm256_store_ps(mins[s] + 8 * q, _mm256_mul_ps(m, _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(min_bytes))));
      }
    }
  }
}

template <bool kSigned>
inline __m256i products(__m256i codes, __m256i activation) {
  const __m256i ones = _mm256_set1_epi16(1);
  if constexpr (kSigned) {
    const __m256i w = _mm256_xor_si256(codes, _mm256_set1_epi8(static_cast<char>(128)));  // code - 128
    return _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(activation, w)), ones);
  }
  return _mm256_madd_epi16(_mm256_maddubs_epi16(codes, activation), ones);
}

template <int kTokens, bool kSigned>
inline void tile(const PanelFormat& f, const Unpacked& w, int n_blocks, const QuantizedActivations& x,
                 int64_t first_block, float* c) {
  const int64_t per_token = x.n_cols / kBlockCols;
  const int n_groups = 8 / f.n_subs, zero = kSigned ? 0 : f.zero;
  for (int b = 0; b < n_blocks; ++b)
    for (int s = 0; s < f.n_subs; ++s) {
      __m256i dots[kTokens][4];
#pragma GCC unroll 2
      for (int t = 0; t < kTokens; ++t)
        for (int q = 0; q < 4; ++q) dots[t][q] = _mm256_setzero_si256();
      for (int g = s * n_groups; g < (s + 1) * n_groups; ++g) {
#pragma GCC unroll 2
        for (int t = 0; t < kTokens; ++t) {
          int32_t four;
          memcpy(&four, x.codes + t * x.n_cols + (first_block + b) * kBlockCols + g * 4, 4);
          const __m256i a = _mm256_set1_epi32(four);
#pragma GCC unroll 4
          for (int q = 0; q < 4; ++q)
            dots[t][q] = _mm256_add_epi32(dots[t][q], products<kSigned>(load(w.codes[b][g][q]), a));
        }
      }
      const int sub = b * f.n_subs + s;
#pragma GCC unroll 2
      for (int t = 0; t < kTokens; ++t) {
        const int32_t* parts = x.sums + (t * per_token + first_block + b) * 2;
        const int32_t sum = f.n_subs == 2 ? parts[s] : parts[0] + parts[1];
        const float scale = x.scales[t * per_token + first_block + b];
        const __m256 da = _mm256_set1_ps(scale), scaled = _mm256_set1_ps(scale * static_cast<float>(sum));
        const __m256i offset = _mm256_set1_epi32(zero * sum);
#pragma GCC unroll 4
        for (int q = 0; q < 4; ++q) {
          float* at = c + t * kPanelRows + 8 * q;
          const __m256 dot = _mm256_cvtepi32_ps(_mm256_sub_epi32(dots[t][q], offset));
          __m256 total =
              _mm256_fmadd_ps(dot, _mm256_mul_ps(_mm256_load_ps(w.scales[sub] + 8 * q), da), _mm256_load_ps(at));
          if (f.has_min) total = _mm256_fnmadd_ps(_mm256_load_ps(w.mins[sub] + 8 * q), scaled, total);
          _mm256_store_ps(at, total);
        }
      }
    }
}

inline QuantizedActivations from_token(const QuantizedActivations& x, int64_t t) {
  return {x.codes + t * x.n_cols, x.scales + t * (x.n_cols / 32), x.sums + t * (x.n_cols / 16), x.n_cols};
}

template <bool kSigned>
void sweep(const PanelFormat& f, const uint8_t* panel, int n_rows, const QuantizedActivations& x, int64_t n_tokens,
           float* y, int64_t y_stride) {
  Unpacked w;
  alignas(64) float c[kMaxTokens * kPanelRows];
  memset(c, 0, sizeof(float) * static_cast<size_t>(n_tokens * kPanelRows));
  const int64_t n_blocks = x.n_cols / kBlockCols;
  const auto per_group = static_cast<int64_t>(group_blocks(f));
  for (int64_t first = 0; first < n_blocks; first += kGroupBlocks) {
    const int n = static_cast<int>(n_blocks - first < kGroupBlocks ? n_blocks - first : kGroupBlocks);
    for (int i = 0; i < n; ++i) {
      const uint8_t* group = panel + static_cast<size_t>((first + i) / per_group) * group_bytes(f);
      const auto in_group = static_cast<int>((first + i) % per_group);
      unpack_scales(f, group, in_group, w.scales + i * f.n_subs, w.mins + i * f.n_subs);
      unpack_block(f, group + group_header_bytes(f) + static_cast<size_t>(in_group) * block_code_bytes(f), w.codes[i]);
    }
    int64_t t = 0;
    for (; t + 2 <= n_tokens; t += 2) tile<2, kSigned>(f, w, n, from_token(x, t), first, c + t * kPanelRows);
    for (; t < n_tokens; ++t) tile<1, kSigned>(f, w, n, from_token(x, t), first, c + t * kPanelRows);
  }
  for (int64_t t = 0; t < n_tokens; ++t)
    memcpy(y + t * y_stride, c + t * kPanelRows, sizeof(float) * static_cast<size_t>(n_rows));
}

void matmul_panel(const PanelFormat& f, const uint8_t* panel, int n_rows, const QuantizedActivations& x,
                  int64_t n_tokens, float* y, int64_t y_stride) {
  for (int64_t t = 0; t < n_tokens; t += kMaxTokens) {
    const int64_t n = n_tokens - t < kMaxTokens ? n_tokens - t : kMaxTokens;
    if (f.zero == 128)
      sweep<true>(f, panel, n_rows, from_token(x, t), n, y + t * y_stride, y_stride);
    else
      sweep<false>(f, panel, n_rows, from_token(x, t), n, y + t * y_stride, y_stride);
  }
}

template <int kTokens>
inline void fma_tile(const float* w, int64_t n_k, const float* x, int64_t x_stride, float* acc) {
  __m256 sums[kTokens][4];
#pragma GCC unroll 2
  for (int t = 0; t < kTokens; ++t)
    for (int q = 0; q < 4; ++q) sums[t][q] = _mm256_loadu_ps(acc + t * kPanelRows + 8 * q);
  for (int64_t k = 0; k < n_k; ++k) {
#pragma GCC unroll 2
    for (int t = 0; t < kTokens; ++t) {
      const __m256 a = _mm256_set1_ps(x[t * x_stride + k]);
#pragma GCC unroll 4
      for (int q = 0; q < 4; ++q)
        sums[t][q] = _mm256_fmadd_ps(_mm256_loadu_ps(w + k * kPanelRows + 8 * q), a, sums[t][q]);
    }
  }
#pragma GCC unroll 2
  for (int t = 0; t < kTokens; ++t)
    for (int q = 0; q < 4; ++q) _mm256_storeu_ps(acc + t * kPanelRows + 8 * q, sums[t][q]);
}

void fma_panel(const float* w, int64_t n_k, const float* x, int64_t x_stride, int64_t n_tokens, float* acc) {
  int64_t t = 0;
  for (; t + 2 <= n_tokens; t += 2) fma_tile<2>(w, n_k, x + t * x_stride, x_stride, acc + t * kPanelRows);
  for (; t < n_tokens; ++t) fma_tile<1>(w, n_k, x + t * x_stride, x_stride, acc + t * kPanelRows);
}

}  // namespace

KernelTable kernel_table_avx2() {
  KernelTable table = kernel_table_portable();
  table.isa = Isa::kAvx2;
  table.matmul_panel = matmul_panel;
  table.fma_panel = fma_panel;
  table.vec = vector_kernels_avx2();
  return table;
}

}  // namespace hanok
