// Rotary position embedding.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "ops/context.h"

namespace hanok {

// kHalf rotates dimensions (i, i + n_rot/2), "rotate half" as in Llama checkpoints; kInterleaved (2i, 2i + 1) as in
// GPT-J.
enum class RopeStyle { kHalf, kInterleaved };

struct RopeTable {
  RopeStyle style = RopeStyle::kHalf;
  int64_t n_rot = 0;            // rotated dimensions, the first of each head
  std::vector<float> inv_freq;  // [n_rot / 2], radians per position
  float cos_sin_scale = 1;      // YaRN's factor on cos and sin
};

// Cosines and sines of a table at the positions of a batch: the same for all heads and layers.
struct RopeAngles {
  AlignedBuffer<float> cosines, sines;  // [n_tokens, n_rot / 2], times the table's factor

  // positions: [n_tokens], from 0.
  void set(const ExecContext& ctx, std::span<const int32_t> positions, const RopeTable& table);
};

// Rotates in place. x: [n_tokens, n_heads, head_dim]; `angles` were set by `table`.
void rope(const ExecContext& ctx, float* x, int64_t n_tokens, int64_t n_heads, int64_t head_dim, const RopeTable& table,
          const RopeAngles& angles);

}  // namespace hanok
