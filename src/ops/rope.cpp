#include "ops/rope.h"

#include <cmath>

#include "base/check.h"
#include "ops/rows.h"

namespace hanok {
namespace {

// Rotates the pairs (first[i * step], second[i * step]).
void rotate(float* first, float* second, int64_t step, const float* cosines, const float* sines, int64_t n_pairs) {
  for (int64_t i = 0; i < n_pairs; ++i) {
    const float a = first[i * step], b = second[i * step];
    first[i * step] = a * cosines[i] - b * sines[i];
    second[i * step] = b * cosines[i] + a * sines[i];
  }
}

}  // namespace

void RopeAngles::set(const ExecContext& ctx, std::span<const int32_t> positions, const RopeTable& table) {
  const int64_t half = table.n_rot / 2;
  cosines.reserve(positions.size() * static_cast<size_t>(half));
  sines.reserve(positions.size() * static_cast<size_t>(half));
  // Trigonometry costs about 32 multiplications an element, hence the weight of a row.
  for_rows(ctx, static_cast<int64_t>(positions.size()), 32 * half, [&](int64_t first, int64_t last) {
    for (int64_t t = first; t < last; ++t) {
      const auto position = static_cast<float>(positions[static_cast<size_t>(t)]);
      for (int64_t i = 0; i < half; ++i) {
        const float angle = position * table.inv_freq[static_cast<size_t>(i)];
        cosines.data()[t * half + i] = std::cos(angle) * table.cos_sin_scale;
        sines.data()[t * half + i] = std::sin(angle) * table.cos_sin_scale;
      }
    }
  });
}

void rope(const ExecContext& ctx, float* x, int64_t n_tokens, int64_t n_heads, int64_t head_dim, const RopeTable& table,
          const RopeAngles& angles) {
  HANOK_CHECK(table.n_rot <= head_dim, "more dimensions are rotated than a head has");
  const int64_t half = table.n_rot / 2;
  for_rows(ctx, n_tokens, n_heads * head_dim, [&](int64_t first, int64_t last) {
    for (int64_t t = first; t < last; ++t) {
      const float *cosines = angles.cosines.data() + t * half, *sines = angles.sines.data() + t * half;
      for (int64_t h = 0; h < n_heads; ++h) {
        float* head = x + (t * n_heads + h) * head_dim;
        if (table.style == RopeStyle::kHalf)
          rotate(head, head + half, 1, cosines, sines, half);
        else
          rotate(head, head + 1, 2, cosines, sines, half);
      }
    }
  });
}

}  // namespace hanok
