// Vector kernels for every processor: the shared bodies with vectors of 16 bytes.
#include <utility>

#include "base/f16.h"
#include "kernels/vector_kernels.h"

#define HANOK_VECTOR_BYTES 16

namespace hanok {
namespace {

#include "kernels/vector_math.inc"

inline Vec load_halfs(const uint16_t* at) {
  Vec x;
  for (int i = 0; i < kWidth; ++i) x[i] = f16_to_f32(at[i]);
  return x;
}
inline void store_halfs(uint16_t* at, Vec x) {
  for (int i = 0; i < kWidth; ++i) at[i] = f32_to_f16(x[i]);
}

#include "kernels/vector_body.inc"

}  // namespace

const VectorKernels& vector_kernels_portable() {
  return kKernels;
}

}  // namespace hanok
