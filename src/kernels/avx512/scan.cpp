// The vector comparison for this instruction set: 32 codes a step, widened to 16 bits.
#include <immintrin.h>

#include "kernels/scan_kernels.h"

namespace hanok {
namespace {

using Sums = __m512i;
using Codes = __m512i;
constexpr int64_t kStep = 32;

inline Sums no_sums() {
  return _mm512_setzero_si512();
}
inline Codes widened(const int8_t* codes) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes)));
}
inline Sums add_products(Sums sums, Codes q, const int8_t* row) {
  return _mm512_dpwssd_epi32(sums, q, widened(row));
}
inline int32_t total_of(Sums sums) {
  return _mm512_reduce_add_epi32(sums);
}

#include "kernels/scan_body.inc"

}  // namespace

void dot_rows_avx512(const int8_t* query, const int8_t* rows, int64_t n_rows, int64_t dim, int32_t* out) {
  dot_rows(query, rows, n_rows, dim, out);
}

}  // namespace hanok
