// Vector kernels for this instruction set: the shared bodies with vectors of 32 bytes.
#include <immintrin.h>

#include <utility>

#include "kernels/vector_kernels.h"

#define HANOK_VECTOR_BYTES 32

namespace hanok {
namespace {

#include "kernels/vector_body.inc"

void f32_to_f16_row(const float* x, int64_t n, uint16_t* out) {
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
  }
  for (; i < n; ++i) out[i] = static_cast<uint16_t>(_cvtss_sh(x[i], _MM_FROUND_TO_NEAREST_INT));
}
void f16_to_f32_row(const uint16_t* x, int64_t n, float* out) {
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i))));
  }
  for (; i < n; ++i) out[i] = _cvtsh_ss(x[i]);
}

constexpr VectorKernels kKernels{rms_norm,   silu_mul,       gelu_tanh_mul, gelu_erf,
                                 layer_norm, f32_to_f16_row, f16_to_f32_row};

}  // namespace

const VectorKernels& vector_kernels_avx2() {
  return kKernels;
}

}  // namespace hanok
