// The vector comparison for this instruction set: 16 codes a step, widened to 16 bits.
#include <immintrin.h>

#include "kernels/scan_kernels.h"

namespace hanok {
namespace {

using Sums = __m256i;
using Codes = __m256i;
constexpr int64_t kStep = 16;

inline Sums no_sums() {
  return _mm256_setzero_si256();
}
inline Codes widened(const int8_t* codes) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes)));
}
inline Sums add_products(Sums sums, Codes q, const int8_t* row) {
  return _mm256_add_epi32(sums, _mm256_madd_epi16(q, widened(row)));
}
inline int32_t total_of(Sums sums) {
  const __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  const __m128i pair = _mm_add_epi32(half, _mm_unpackhi_epi64(half, half));
  return _mm_cvtsi128_si32(_mm_add_epi32(pair, _mm_shuffle_epi32(pair, 1)));
}

#include "kernels/scan_body.inc"

}  // namespace

void dot_rows_avx2(const int8_t* query, const int8_t* rows, int64_t n_rows, int64_t dim, int32_t* out) {
  dot_rows(query, rows, n_rows, dim, out);
}

}  // namespace hanok
