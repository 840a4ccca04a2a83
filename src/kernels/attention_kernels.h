// The kernel that attends to one block of cached keys and values, and the block's layout.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hanok {

// kQ8: int8 codes with scales of a few dimensions each. Keys are coded as their difference from the first key of their
// block: what all keys have in common (in Qwen 2 a large bias) would otherwise take most of the codes' range.
enum class KvType { kF16, kQ8, kF32 };  // kF32 for verification

inline constexpr int kKvBlockTokens = 64;
inline constexpr int kKeyScaleDims = 8, kValueScaleDims = 32;
// Scales of one position's head.
static constexpr int64_t n_key_scales(int64_t head_dim) {
  return (head_dim + kKeyScaleDims - 1) / kKeyScaleDims;
}
static constexpr int64_t n_value_scales(int64_t head_dim) {
  return (head_dim + kValueScaleDims - 1) / kValueScaleDims;
}

// One head's keys and values of 64 positions, elements of `type`. Keys are transposed, so that one step of all 64 dot
// products reads consecutive memory. Positions that were never written hold anything.
struct KvBlock {
  KvType type;
  const void* keys;            // [head_dim][64]
  const void* values;          // [64][head_dim]
  const float* first_key;      // [head_dim] with kQ8: key = first_key + scale * code
  const uint16_t* key_scales;  // [n_key_scales][64] half floats
  const float* value_scales;   // [64][n_value_scales]: value = scale * code
  const void* next_keys;       // of the block that will follow, asked for meanwhile; null: none
  const void* next_values;
};

// Some queries of one head group and their running softmax.
struct AttentionQueries {
  const float* q;  // [n_q, head_dim]
  int64_t n_q, head_dim;
  float scale, softcap;  // of the scores; softcap 0: none
  float* max;            // [n_q], starts at a very negative finite number
  float* sum;            // [n_q], starts at 0
  float* acc;            // [n_q, head_dim], the unnormalised sum of values, starts at 0
};

// Takes one block into the softmax. first_key, last_key [n_q]: the range of keys that a query sees (may be empty).
// scratch: [2 * 64 * head_dim]. A query's result does not depend on the other queries.
using AttendBlock = void (*)(const KvBlock& block, const AttentionQueries& queries, const int32_t* first_key,
                             const int32_t* last_key, float* scratch);

void attend_block_portable(const KvBlock& block, const AttentionQueries& queries, const int32_t* first_key,
                           const int32_t* last_key, float* scratch);
void attend_block_avx2(const KvBlock& block, const AttentionQueries& queries, const int32_t* first_key,
                       const int32_t* last_key, float* scratch);
void attend_block_avx512(const KvBlock& block, const AttentionQueries& queries, const int32_t* first_key,
                         const int32_t* last_key, float* scratch);

}  // namespace hanok
