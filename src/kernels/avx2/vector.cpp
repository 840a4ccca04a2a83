// Vector kernels with AVX2: the shared bodies with vectors of 32 bytes.
#include <immintrin.h>

#include <utility>

#include "kernels/vector_kernels.h"

#define HANOK_VECTOR_BYTES 32

namespace hanok {
namespace {

#include "kernels/vector_math.inc"

inline Vec load_halfs(const uint16_t* at) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
}
inline void store_halfs(uint16_t* at, Vec x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}

#include "kernels/vector_body.inc"

}  // namespace

const VectorKernels& vector_kernels_avx2() {
  return kKernels;
}

}  // namespace hanok
