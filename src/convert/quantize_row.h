// Turns rows of f32 into any type that `hanok quantize` writes: the opposite of kernels/dequantize.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

namespace hanok {

// Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, F32, F16, BF16.
bool can_quantize_to(DType dtype);

// x: [n_cols] (a multiple of the type's block). out: row_bytes(dtype, n_cols). Scales are searched for the least
// weighted error (scale_search.h), except Q8_0's, which keeps the largest magnitude. The same row gives the same bytes
// on every machine. Values must be finite; where they are too large for the type's f16 scales the block decodes to
// values that are not finite: the caller checks.
void quantize_row(DType dtype, const float* x, int64_t n_cols, std::byte* out);

}  // namespace hanok
