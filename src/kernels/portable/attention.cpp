// The attention kernel for this instruction set: the shared body with vectors of 16 bytes.
#include <utility>

#include "base/f16.h"

#include "kernels/attention_kernels.h"

#define HANOK_VECTOR_BYTES 16

namespace hanok {
namespace {

#include "kernels/vector_math.inc"

inline Vec load_elems(const uint16_t* at) {
  Vec v;
  for (int i = 0; i < kWidth; ++i) v[i] = f16_to_f32(at[i]);
  return v;
}
inline Vec load_elems(const int8_t* at) {
  Vec v;
  for (int i = 0; i < kWidth; ++i) v[i] = at[i];
  return v;
}

#include "kernels/attention_body.inc"

}  // namespace

void attend_block_portable(const KvBlock& block, const AttentionQueries& queries, const int32_t* first_key,
                           const int32_t* last_key, float* scratch) {
  attend(block, queries, first_key, last_key, scratch);
}

}  // namespace hanok
