// The kernel that compares one int8 vector with many: the exact search of an index.
#pragma once

#include <cstdint>

#include "kernels/kernels.h"

namespace hanok {

// out[i] = sum over k < dim of query[k] * rows[i * dim + k], exact. Codes lie in -127 .. 127, dim is at most 65536. No
// alignment is asked for, nothing is read behind the last row.
using DotRows = void (*)(const int8_t* query, const int8_t* rows, int64_t n_rows, int64_t dim, int32_t* out);

void dot_rows_portable(const int8_t* query, const int8_t* rows, int64_t n_rows, int64_t dim, int32_t* out);
void dot_rows_avx2(const int8_t* query, const int8_t* rows, int64_t n_rows, int64_t dim, int32_t* out);
void dot_rows_avx512(const int8_t* query, const int8_t* rows, int64_t n_rows, int64_t dim, int32_t* out);

// The set's kernel; AVX-VNNI, which has no instruction for signed codes of both sides, uses AVX2's.
DotRows dot_rows_for(Isa isa);

}  // namespace hanok
