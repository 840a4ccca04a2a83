// Matrix kernels with AVX-512 VNNI: the shared bodies with vectors of 16 rows.
#include <immintrin.h>

#include <cstring>

#include "kernels/tables.h"

namespace hanok {
namespace {

constexpr int kLanes = 16;
constexpr bool kSignedCodes = false;
using Bytes = __m512i;
using Floats = __m512;
typedef uint16_t Words __attribute__((vector_size(64)));

inline Bytes load_bytes(const uint8_t* at) {
  return _mm512_loadu_si512(at);
}
inline void store_bytes(uint8_t* at, Bytes x) {
  _mm512_storeu_si512(at, x);
}
inline Floats load_floats(const float* at) {
  return _mm512_loadu_ps(at);
}
inline void store_floats(float* at, Floats x) {
  _mm512_storeu_ps(at, x);
}
inline Bytes zero_bytes() {
  return _mm512_setzero_si512();
}
inline Bytes splat_byte(int x) {
  return _mm512_set1_epi8(static_cast<char>(x));
}
inline Bytes splat_int(const int32_t* x) {
  return _mm512_set1_epi32(*x);
}
inline Bytes splat_four(const int8_t* at) {
  int32_t four;
  memcpy(&four, at, 4);
  return _mm512_set1_epi32(four);
}
inline Floats splat_float(const float* x) {
  return _mm512_set1_ps(*x);
}
inline Bytes and_bytes(Bytes a, Bytes b) {
  return _mm512_and_si512(a, b);
}
inline Bytes xor_bytes(Bytes a, Bytes b) {
  return _mm512_xor_si512(a, b);
}
// a | (b & mask)
inline Bytes or_masked(Bytes a, Bytes b, Bytes mask) {
  return _mm512_ternarylogic_epi32(a, b, mask, 0xf8);
}
inline Bytes shift_right(Bytes x, int n) {
  return n == 0 ? x : (Bytes)((Words)x >> n);
}
inline Bytes shift_left(Bytes x, int n) {
  return n == 0 ? x : (Bytes)((Words)x << n);
}
inline Floats mul(Floats a, Floats b) {
  return _mm512_mul_ps(a, b);
}
inline Floats fma(Floats a, Floats b, Floats c) {
  return _mm512_fmadd_ps(a, b, c);
}
inline Floats fnma(Floats a, Floats b, Floats c) {
  return _mm512_fnmadd_ps(a, b, c);
}
inline Floats to_floats(Bytes x) {
  return _mm512_cvtepi32_ps(x);
}
inline Floats from_halfs(const uint8_t* at) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
}
inline Floats from_brains(const uint8_t* at) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
inline Floats from_u8(const uint8_t* at) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))));
}
inline Floats from_i8(const uint8_t* at) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))));
}
// The IQ4 values + 128 of 4-bit codes.
inline Bytes table_values(Bytes codes) {
  const __m128i values = _mm_setr_epi8(1, 24, 45, 63, 79, 93, 106, 118, static_cast<char>(129), static_cast<char>(141),
                                       static_cast<char>(153), static_cast<char>(166), static_cast<char>(181),
                                       static_cast<char>(197), static_cast<char>(217), static_cast<char>(241));
  return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(values), codes);
}

// A dot product keeps its 32-bit sums throughout; it starts with the zero point's part.
constexpr int dot_run(const PanelFormat&) {
  return 8;
}
// What a zero point of kZero adds, from the parts that 32 would: parts[0] (and parts[1] if both).
template <int kZero>
inline Bytes zero_part(const int32_t* parts, bool both) {
  const Bytes sum = both ? _mm512_add_epi32(splat_int(parts), splat_int(parts + 1)) : splat_int(parts);
  constexpr int kShift = kZero == 0 ? 0 : __builtin_ctz(kZero) - 5;
  if constexpr (kShift == 0) return sum;
  return kShift > 0 ? _mm512_slli_epi32(sum, kShift) : _mm512_srai_epi32(sum, -kShift);
}
template <DType>
inline Bytes dot_first(Bytes start, Bytes w, Bytes a) {
  return _mm512_dpbusd_epi32(start, w, a);
}
template <DType>
inline Bytes dot_next(Bytes partial, Bytes w, Bytes a) {
  return _mm512_dpbusd_epi32(partial, w, a);
}
inline Bytes dot_total(Bytes, Bytes partial) {
  return partial;
}

#include "kernels/activation_block.inc"
#include "kernels/matmul_body.inc"

void quantize_activations(const float* x, int64_t n_cols, const ActivationRow& out) {
  for (int64_t b = 0; b < n_cols / 32; ++b, x += 32) {
    const __m512 x0 = _mm512_loadu_ps(x), x1 = _mm512_loadu_ps(x + 16);
    // Magnitudes order as their bits do: a NaN is the largest.
    const __m512i bits0 = _mm512_castps_si512(_mm512_abs_ps(x0)), bits1 = _mm512_castps_si512(_mm512_abs_ps(x1));
    const float largest =
        _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(_mm512_reduce_max_epi32(_mm512_max_epi32(bits0, bits1)))));
    if (write_without_codes(largest, b, out)) continue;
    const __m512 inverse = _mm512_set1_ps(127.0f / largest);
    const __m512i q0 = _mm512_cvtps_epi32(_mm512_mul_ps(x0, inverse)),
                  q1 = _mm512_cvtps_epi32(_mm512_mul_ps(x1, inverse));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out.codes + 32 * b), _mm512_cvtsepi32_epi8(q0));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out.codes + 32 * b + 16), _mm512_cvtsepi32_epi8(q1));
    out.scales[b] = largest / 127.0f;
    const int32_t first = _mm512_reduce_add_epi32(q0), second = _mm512_reduce_add_epi32(q1);
    out.zero_parts[2 * b] = -32 * first;
    out.zero_parts[2 * b + 1] = -32 * second;
    out.scaled_sums[b] = out.scales[b] * static_cast<float>(first + second);
  }
}

}  // namespace

KernelTable kernel_table_avx512() {
  KernelTable table = kernel_table_portable();
  table.isa = Isa::kAvx512;
  table.quantize_activations = quantize_activations;
  table.matmul_panel = matmul_panel;
  table.fma_panel = fma_panel;
  table.attend_block = attend_block_avx512;
  table.vec = vector_kernels_avx512();
  return table;
}

}  // namespace hanok
