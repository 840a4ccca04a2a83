// Products of BF16 by BF16 against loops in double, on the sets that have an instruction for them.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/f16.h"
#include "kernels/guarded.h"
#include "kernels/isa_test.h"
#include "kernels/kernels.h"

namespace hanok {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
constexpr uint16_t kOne = 0x3f80;

class Bfloat : public IsaTest {
 protected:
  void SetUp() override {
    IsaTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_NE(kernels_->round_to_bf16, nullptr);
    ASSERT_NE(kernels_->dot_bf16_panel, nullptr);
  }

  // The 32 sums of each token, from zero: w [n_k][32], x [n_tokens, n_k], both ending at a guarded page.
  std::vector<float> dot(const std::vector<uint16_t>& w, const std::vector<uint16_t>& x, int64_t n_k,
                         int64_t n_tokens) const {
    const int64_t stride = n_k + n_k % 2;
    std::vector<uint16_t> pairs(static_cast<size_t>(n_tokens * stride), 0);
    for (int64_t t = 0; t < n_tokens; ++t)
      std::copy_n(&x[static_cast<size_t>(t * n_k)], n_k, &pairs[static_cast<size_t>(t * stride)]);
    Guarded<uint16_t> weights(w), activations(pairs);
    Guarded<float> sums(std::vector<float>(static_cast<size_t>(n_tokens * kPanelRows), 0.0f));
    kernels_->dot_bf16_panel(reinterpret_cast<const uint8_t*>(weights.data()), n_k, activations.data(), stride,
                             n_tokens, sums.data());
    return {sums.values().begin(), sums.values().end()};
  }
};

std::vector<uint16_t> random_bf16(int64_t n, std::mt19937& random) {
  std::uniform_real_distribution<float> value(-2, 2);
  std::vector<uint16_t> out(static_cast<size_t>(n));
  for (uint16_t& bits : out) bits = f32_to_bf16(value(random));
  return out;
}

// Every BF16 value, and just above it, below, at and above the middle to the next, and just below that.
TEST_P(Bfloat, RoundsToNearestEven) {
  std::vector<float> x;
  for (uint32_t high = 0; high <= 0xffff; ++high)
    for (const uint32_t low : {0x0000u, 0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu})
      x.push_back(std::bit_cast<float>(high << 16 | low));
  std::vector<uint16_t> out(x.size());
  kernels_->round_to_bf16(x.data(), static_cast<int64_t>(x.size()), out.data());
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i])) {
      ASSERT_TRUE(std::isnan(bf16_to_f32(out[i]))) << i;
    } else {
      const float seen = std::fabs(x[i]) < std::numeric_limits<float>::min() ? std::copysign(0.0f, x[i]) : x[i];
      ASSERT_EQ(out[i], f32_to_bf16(seen)) << x[i];
    }
  }
}

TEST_P(Bfloat, RoundsWholePairsAndNothingBehindThem) {
  for (size_t n = 0; n <= 49; ++n) {
    Guarded<float> x(std::vector<float>(n, 1.0f));
    Guarded<uint16_t> out(std::vector<uint16_t>(n + n % 2, 99));
    kernels_->round_to_bf16(x.data(), static_cast<int64_t>(n), out.data());
    for (size_t i = 0; i < out.values().size(); ++i) ASSERT_EQ(out.values()[i], i < n ? kOne : 0) << n << " " << i;
  }
}

// Integers whose sums are exact in any order, so that each weight must have met its own activation.
TEST_P(Bfloat, MultipliesEveryRowWithItsColumn) {
  constexpr int64_t kK = 7, kTokens = 3;
  std::vector<uint16_t> w(kK * kPanelRows), x(kK * kTokens);
  for (size_t i = 0; i < w.size(); ++i) w[i] = f32_to_bf16(static_cast<float>(i % 127) - 63);
  for (size_t i = 0; i < x.size(); ++i) x[i] = f32_to_bf16(static_cast<float>(i * i % 113) - 50);
  const std::vector<float> sums = dot(w, x, kK, kTokens);
  for (size_t t = 0; t < kTokens; ++t)
    for (size_t r = 0; r < kPanelRows; ++r) {
      float expected = 0;
      for (size_t k = 0; k < kK; ++k) expected += bf16_to_f32(w[k * kPanelRows + r]) * bf16_to_f32(x[t * kK + k]);
      ASSERT_EQ(sums[t * kPanelRows + r], expected) << t << " " << r;
    }
}

// A product of two 8-bit significands is exact in f32; each addition of one rounds once, by 2^-24 of a sum that is
// never larger than all magnitudes together, in whatever order. A token's sums are the same to the bit beside any
// others.
TEST_P(Bfloat, EqualsLoopsInDoubleWithinItsRoundings) {
  std::mt19937 random(3);
  for (const int64_t n_k : {1, 2, 3, 4, 5, 31, 32, 33, 255, 256, 257}) {
    constexpr int64_t kMostTokens = 37;
    const std::vector<uint16_t> w = random_bf16(n_k * kPanelRows, random), x = random_bf16(n_k * kMostTokens, random);
    const std::vector<float> all = dot(w, x, n_k, kMostTokens);
    for (size_t t = 0; t < kMostTokens; ++t)
      for (size_t r = 0; r < kPanelRows; ++r) {
        double expected = 0, magnitude = 0;
        for (size_t k = 0; k < static_cast<size_t>(n_k); ++k) {
          const double product = static_cast<double>(bf16_to_f32(w[k * kPanelRows + r])) *
                                 bf16_to_f32(x[t * static_cast<size_t>(n_k) + k]);
          expected += product;
          magnitude += std::fabs(product);
        }
        ASSERT_NEAR(all[t * kPanelRows + r], expected, static_cast<double>(n_k) * 0x1p-24 * magnitude) << n_k;
      }
    for (int64_t n_tokens = 1; n_tokens <= 26; ++n_tokens) {
      const std::vector<float> some = dot(w, x, n_k, n_tokens);
      ASSERT_EQ(std::memcmp(some.data(), all.data(), some.size() * sizeof(float)), 0) << n_k << " " << n_tokens;
    }
  }
}

TEST_P(Bfloat, AddsToTheSumsThatAreThere) {
  const std::vector<uint16_t> w(2 * kPanelRows, kOne), x(2 * 13, kOne);
  std::vector<float> sums(13 * kPanelRows);
  for (size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<float>(i);
  kernels_->dot_bf16_panel(reinterpret_cast<const uint8_t*>(w.data()), 2, x.data(), 2, 13, sums.data());
  for (size_t i = 0; i < sums.size(); ++i) ASSERT_EQ(sums[i], static_cast<float>(i) + 2);
}

// What is no finite number reaches its own token or row, and no other; a column that an odd n_k lacks adds nothing.
TEST_P(Bfloat, KeepsNanAndInfinityInTheirPlaces) {
  for (const int64_t n_k : {1, 2, 9, 16})
    for (const int64_t n_tokens : {1, 2, 12, 13, 17})
      for (const float odd : {kNan, kInfinity, -kInfinity}) {
        const auto last_k = static_cast<size_t>(n_k - 1), last_token = static_cast<size_t>(n_tokens - 1);
        std::vector<uint16_t> w(static_cast<size_t>(n_k * kPanelRows), kOne),
            x(static_cast<size_t>(n_k * n_tokens), kOne);
        const auto same = [&](float got) { return std::isnan(odd) ? std::isnan(got) : got == odd; };
        x[last_token * static_cast<size_t>(n_k) + last_k] = f32_to_bf16(odd);
        std::vector<float> sums = dot(w, x, n_k, n_tokens);
        for (size_t i = 0; i < sums.size(); ++i)
          ASSERT_TRUE(i / kPanelRows == last_token ? same(sums[i]) : sums[i] == static_cast<float>(n_k))
              << odd << " " << i;
        x[last_token * static_cast<size_t>(n_k) + last_k] = kOne;
        w[last_k * kPanelRows + 19] = f32_to_bf16(odd);
        sums = dot(w, x, n_k, n_tokens);
        for (size_t i = 0; i < sums.size(); ++i)
          ASSERT_TRUE(i % kPanelRows == 19 ? same(sums[i]) : sums[i] == static_cast<float>(n_k)) << odd << " " << i;
      }
}

INSTANTIATE_TEST_SUITE_P(Isas, Bfloat, testing::Values(Isa::kAvx512Bf16),
                         [](const auto& isa) { return std::string(isa_name(isa.param)); });

TEST(BfloatKernels, AreThoseOfOneSet) {
  for (const Isa isa : kEveryIsa) {
    const KernelTable* kernels = kernels_for(isa);
    if (kernels == nullptr) continue;
    EXPECT_EQ(kernels->dot_bf16_panel != nullptr, isa == Isa::kAvx512Bf16) << isa_name(isa);
    EXPECT_EQ(kernels->round_to_bf16 != nullptr, isa == Isa::kAvx512Bf16) << isa_name(isa);
  }
}

}  // namespace
}  // namespace hanok
