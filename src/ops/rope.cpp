#include "ops/rope.h"

#include <cmath>

#include "base/check.h"
#include "ops/rows.h"

namespace hanok {

void rope(const ExecContext& ctx, float* x, int64_t n_tokens, int64_t n_heads, int64_t head_dim,
          std::span<const int32_t> positions, const RopeTable& table) {
  HANOK_CHECK(table.n_rot <= head_dim, "more dimensions are rotated than a head has");
  const int64_t half = table.n_rot / 2;
  // Trigonometry costs about 32 multiplications an element, hence the weight of a row.
  for_rows(ctx, n_tokens, n_heads * head_dim + 32 * half, [&](int64_t first, int64_t last) {
    std::vector<float> cosines(static_cast<size_t>(half)), sines(static_cast<size_t>(half));
    for (int64_t t = first; t < last; ++t) {
      const auto position = static_cast<float>(positions[static_cast<size_t>(t)]);
      for (size_t i = 0; i < cosines.size(); ++i) {
        const float angle = position * table.inv_freq[i];
        cosines[i] = std::cos(angle) * table.cos_sin_scale;
        sines[i] = std::sin(angle) * table.cos_sin_scale;
      }
      for (int64_t h = 0; h < n_heads; ++h) {
        float* head = x + (t * n_heads + h) * head_dim;
        const bool apart = table.style == RopeStyle::kHalf;
        for (int64_t i = 0; i < half; ++i) {
          float& a = head[apart ? i : 2 * i];
          float& b = head[apart ? i + half : 2 * i + 1];
          const float c = cosines[static_cast<size_t>(i)], s = sines[static_cast<size_t>(i)], a0 = a;
          a = a0 * c - b * s;
          b = b * c + a0 * s;
        }
      }
    }
  });
}

}  // namespace hanok
