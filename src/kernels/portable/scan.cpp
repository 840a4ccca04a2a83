// The vector comparison in plain loops: the reference of the others.
#include "kernels/scan_kernels.h"

namespace hanok {
namespace {

using Sums = int32_t;
using Codes = const int8_t*;
constexpr int64_t kStep = 8;

inline Sums no_sums() {
  return 0;
}
inline Codes widened(const int8_t* codes) {
  return codes;
}
inline Sums add_products(Sums sums, Codes q, const int8_t* row) {
  for (int64_t k = 0; k < kStep; ++k) sums += static_cast<int32_t>(q[k]) * row[k];
  return sums;
}
inline int32_t total_of(Sums sums) {
  return sums;
}

#include "kernels/scan_body.inc"

}  // namespace

void dot_rows_portable(const int8_t* query, const int8_t* rows, int64_t n_rows, int64_t dim, int32_t* out) {
  dot_rows(query, rows, n_rows, dim, out);
}

}  // namespace hanok
