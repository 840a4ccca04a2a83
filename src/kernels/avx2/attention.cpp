// The attention kernel for this instruction set: the shared body with vectors of 32 bytes.
#include <immintrin.h>

#include <utility>

#include "kernels/attention_kernels.h"

#define HANOK_VECTOR_BYTES 32

namespace hanok {
namespace {

#include "kernels/vector_math.inc"

inline Vec load_elems(const uint16_t* at) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
}
inline Vec load_elems(const int8_t* at) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(at))));
}

#include "kernels/attention_body.inc"

}  // namespace

void attend_block_avx2(const KvBlock& block, const AttentionQueries& queries, const int32_t* first_key,
                       const int32_t* last_key, float* scratch) {
  attend(block, queries, first_key, last_key, scratch);
}

}  // namespace hanok
