// Norms, rotary embedding and elementwise operations equal plain loops in double for every instruction set, on the
// caller's thread and on several.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "ops/elementwise.h"
#include "ops/norm.h"
#include "ops/rope.h"

namespace hanok {
namespace {

float wave(int64_t i) {
  return static_cast<float>(std::sin(static_cast<double>(i) * 1.7 + 0.3));
}

std::vector<float> waves(int64_t n) {
  std::vector<float> x(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) x[static_cast<size_t>(i)] = wave(i);
  return x;
}

class Rows : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (kernels_for(GetParam()) == nullptr) GTEST_SKIP() << "this processor lacks " << isa_name(GetParam());
    ASSERT_EQ(ctx_.kernels.isa, GetParam());
  }
  static const KernelTable& kernels_or_portable(Isa isa) {
    const KernelTable* kernels = kernels_for(isa);
    return kernels != nullptr ? *kernels : *kernels_for(Isa::kPortable);
  }
  ThreadPool pool_{2};
  ExecContext ctx_{pool_, kernels_or_portable(GetParam())};
};

TEST_P(Rows, LayerNormEqualsDouble) {
  for (const int64_t n_rows : {1, 300}) {
    const int64_t n_cols = 97;
    const std::vector<float> x = waves(n_rows * n_cols), weight = waves(n_cols),
                             bias(static_cast<size_t>(n_cols), 0.25f);
    std::vector<float> out(x.size());
    layer_norm(ctx_, x.data(), n_rows, n_cols, weight.data(), bias.data(), 1e-5f, out.data());
    for (int64_t r = 0; r < n_rows; ++r) {
      double mean = 0, variance = 0;
      for (int64_t i = 0; i < n_cols; ++i) mean += x[static_cast<size_t>(r * n_cols + i)] / static_cast<double>(n_cols);
      for (int64_t i = 0; i < n_cols; ++i)
        variance += std::pow(x[static_cast<size_t>(r * n_cols + i)] - mean, 2) / static_cast<double>(n_cols);
      for (int64_t i = 0; i < n_cols; ++i) {
        const auto at = static_cast<size_t>(r * n_cols + i);
        const double normal = (x[at] - mean) / std::sqrt(variance + 1e-5);
        // Three roundings of values below 4.
        ASSERT_NEAR(out[at], normal * weight[static_cast<size_t>(i)] + 0.25, 3 * 4 * 0x1p-24);
      }
    }
  }
}

TEST_P(Rows, RopeRotatesPairsAndLeavesTheRest) {
  const int64_t n_tokens = 200, n_heads = 3, head_dim = 20;
  for (const RopeStyle style : {RopeStyle::kHalf, RopeStyle::kInterleaved}) {
    const RopeTable table{style, 12, {1.0f, 0.5f, 0.25f, 0.125f, 0.0625f, 0.03125f}, 1.5f};
    const std::vector<float> x = waves(n_tokens * n_heads * head_dim);
    std::vector<float> out = x;
    std::vector<int32_t> positions;
    for (int32_t t = 0; t < n_tokens; ++t) positions.push_back(7 * t);
    RopeAngles angles;
    angles.set(ctx_, positions, table);
    rope(ctx_, out.data(), n_tokens, n_heads, head_dim, table, angles);
    for (int64_t row = 0; row < n_tokens * n_heads; ++row) {
      const auto base = static_cast<size_t>(row * head_dim);
      for (size_t i = 0; i < 6; ++i) {
        const size_t a = base + (style == RopeStyle::kHalf ? i : 2 * i);
        const size_t b = base + (style == RopeStyle::kHalf ? i + 6 : 2 * i + 1);
        // The frequencies are powers of two, so the angle is exact.
        const double angle = static_cast<double>(positions[static_cast<size_t>(row / n_heads)]) * table.inv_freq[i];
        const double c = 1.5 * std::cos(angle), s = 1.5 * std::sin(angle);
        ASSERT_NEAR(out[a], x[a] * c - x[b] * s, 8 * 1.5 * 0x1p-24);
        ASSERT_NEAR(out[b], x[b] * c + x[a] * s, 8 * 1.5 * 0x1p-24);
      }
      for (size_t i = base + 12; i < base + static_cast<size_t>(head_dim); ++i) ASSERT_EQ(out[i], x[i]);
    }
  }
}

TEST_P(Rows, ElementwiseOperationsDoWhatTheySay) {
  for (const int64_t n : {0, 1, 100, 50000}) {
    const std::vector<float> x = waves(n), y(x.rbegin(), x.rend());
    std::vector<float> sum = x, scaled_sum = x, scaled = x, biased = x, erf_gelu = x;
    add(ctx_, sum.data(), y.data(), n);
    add_scaled(ctx_, scaled_sum.data(), y.data(), 0.5f, n);  // 0.5 y is exact
    scale(ctx_, scaled.data(), 3.0f, n);
    add_bias(ctx_, biased.data(), n / 100, 100, x.data());
    gelu_erf(ctx_, erf_gelu.data(), n);
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(sum[i], x[i] + y[i]);
      ASSERT_EQ(scaled_sum[i], x[i] + 0.5f * y[i]);
      ASSERT_EQ(scaled[i], x[i] * 3.0f);
      ASSERT_NEAR(erf_gelu[i], 0.5 * x[i] * (1 + std::erf(x[i] / std::sqrt(2.0))), 8 * 0x1p-24);
      if (n >= 100) {
        ASSERT_EQ(biased[i], x[i] + x[i % 100]);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, Rows, testing::ValuesIn(kEveryIsa),
                         [](const auto& set) { return std::string(isa_name(set.param)); });

}  // namespace
}  // namespace hanok
