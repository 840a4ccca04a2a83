// Vector kernels with AVX-512: the shared bodies with vectors of 64 bytes.
#include <immintrin.h>

#include <utility>

#include "kernels/vector_kernels.h"

#define HANOK_VECTOR_BYTES 64

namespace hanok {
namespace {

#include "kernels/vector_math.inc"

inline Vec load_halfs(const uint16_t* at) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
}
inline void store_halfs(uint16_t* at, Vec x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}

#include "kernels/vector_body.inc"

}  // namespace

const VectorKernels& vector_kernels_avx512() {
  return kKernels;
}

}  // namespace hanok
