// Vector kernels for this instruction set: the shared bodies with vectors of 16 bytes.
#include <utility>

#include "base/f16.h"

#include "kernels/vector_kernels.h"

#define HANOK_VECTOR_BYTES 16

namespace hanok {
namespace {

#include "kernels/vector_body.inc"

void f32_to_f16_row(const float* x, int64_t n, uint16_t* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = f32_to_f16(x[i]);
}
void f16_to_f32_row(const uint16_t* x, int64_t n, float* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = f16_to_f32(x[i]);
}

constexpr VectorKernels kKernels{rms_norm,   silu_mul,       gelu_tanh_mul, gelu_erf,
                                 layer_norm, f32_to_f16_row, f16_to_f32_row};

}  // namespace

const VectorKernels& vector_kernels_portable() {
  return kKernels;
}

}  // namespace hanok
