// Matrix products of every weight type and instruction set against plain loops over dequantised weights.
#include "ops/matmul.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "base/f16.h"
#include "kernels/dequantize.h"
#include "kernels/guarded.h"
#include "kernels/isa_test.h"

namespace hanok {
namespace {

constexpr DType kTypes[] = {DType::kQ4_0,   DType::kQ4_1,   DType::kQ5_0, DType::kQ5_1, DType::kQ8_0,
                            DType::kQ2_K,   DType::kQ3_K,   DType::kQ4_K, DType::kQ5_K, DType::kQ6_K,
                            DType::kIQ4_NL, DType::kIQ4_XS, DType::kF32,  DType::kF16,  DType::kBF16};

// Byte offsets of the f16 factors in a block, -1 for none.
std::array<int, 2> factor_offsets(DType dtype) {
  switch (dtype) {
    case DType::kQ4_1:
    case DType::kQ5_1:
    case DType::kQ4_K:
    case DType::kQ5_K:
      return {0, 2};
    case DType::kQ2_K:
      return {80, 82};
    case DType::kQ3_K:
      return {108, -1};
    case DType::kQ6_K:
      return {208, -1};
    default:
      return {0, -1};
  }
}

struct Case {
  TensorView view;
  std::vector<std::byte> bytes;
  std::vector<float> weights;  // dequantised, [n_out, n_in]
};

// A weight of these bytes with small finite factors; float types get values within +-1.
template <class NextByte>
Case weight_of(DType dtype, int64_t n_out, int64_t n_in, std::mt19937& random, NextByte&& next_byte) {
  Case c;
  c.view = {dtype, shape_of({n_out, n_in}), nullptr};
  c.bytes.resize(c.view.n_bytes());
  std::uniform_real_distribution<float> value(-1, 1);
  const DTypeInfo& info = dtype_info(dtype);
  if (is_quantized(dtype)) {
    for (std::byte& b : c.bytes) b = next_byte();
    for (size_t at = 0; at < c.bytes.size(); at += static_cast<size_t>(info.block_bytes)) {
      for (const int offset : factor_offsets(dtype)) {
        const uint16_t bits = f32_to_f16(0.01f * value(random));
        if (offset >= 0) std::memcpy(&c.bytes[at + static_cast<size_t>(offset)], &bits, 2);
      }
    }
  } else {
    for (size_t at = 0; at < c.bytes.size(); at += static_cast<size_t>(info.block_bytes)) {
      const float x = value(random);
      const uint16_t half = dtype == DType::kF16 ? f32_to_f16(x) : f32_to_bf16(x);
      std::memcpy(&c.bytes[at], dtype == DType::kF32 ? static_cast<const void*>(&x) : &half,
                  static_cast<size_t>(info.block_bytes));
    }
  }
  c.view.data = c.bytes.data();
  c.weights.resize(static_cast<size_t>(n_out * n_in));
  for (int64_t r = 0; r < n_out; ++r) dequantize_row(dtype, c.view.row(r), n_in, c.weights.data() + r * n_in);
  return c;
}

Case random_weight(DType dtype, int64_t n_out, int64_t n_in, std::mt19937& random) {
  return weight_of(dtype, n_out, n_in, random, [&] { return static_cast<std::byte>(random() & 255); });
}

// What the integer kernels see of x: codes of a block times its largest magnitude / 127.
std::vector<float> rounded_activations(const std::vector<float>& x) {
  std::vector<float> out(x.size());
  for (size_t b = 0; b < x.size(); b += 32) {
    float largest = 0;
    for (size_t i = b; i < b + 32; ++i) largest = std::fmax(largest, std::fabs(x[i]));
    const float inverse = largest > 0 ? 127.0f / largest : 0;
    for (size_t i = b; i < b + 32; ++i) out[i] = std::nearbyint(x[i] * inverse) * (largest / 127.0f);
  }
  return out;
}

// What vdpbf16ps sees of x.
std::vector<float> bf16_activations(const std::vector<float>& x) {
  std::vector<float> out(x.size());
  for (size_t i = 0; i < x.size(); ++i) out[i] = bf16_to_f32(f32_to_bf16(x[i]));
  return out;
}

class Matmul : public IsaTest {};

// Products of one row with one token, in double.
struct Exact {
  double sum = 0, magnitude = 0;  // magnitude: of the products' magnitudes
};
Exact exact_product(const float* w, const float* x, int64_t n) {
  Exact exact;
  for (int64_t k = 0; k < n; ++k) {
    const double product = static_cast<double>(w[k]) * x[k];
    exact.sum += product;
    exact.magnitude += std::fabs(product);
  }
  return exact;
}

// What rounding x to codes may change at most: half a step, which is a block's largest magnitude / 254, for every
// value.
double rounding_bound(const float* w, const float* x, int64_t n) {
  double bound = 0;
  for (int64_t b = 0; b < n; b += 32) {
    double largest = 0, weights = 0;
    for (int64_t k = b; k < b + 32; ++k) {
      largest = std::fmax(largest, std::fabs(x[k]));
      weights += std::fabs(w[k]);
    }
    bound += largest / 254 * (1 + 0x1p-20) * weights;
  }
  return bound;
}

// Against the activations that the kernels see, within the roundings of sums in f32; and against the exact product,
// within those and what the activations' codes, or their BF16 values, leave out.
void expect_product(const ExecContext& ctx, const Case& c, const std::vector<float>& x, int64_t n_tokens) {
  const int64_t n_out = c.view.shape[0], n_in = c.view.shape[1];
  const auto packed = PackedMatrix::pack(ctx, c.view);
  ASSERT_TRUE(packed.has_value());
  std::vector<float> y(static_cast<size_t>(n_tokens * n_out) + 1, 99);
  matmul(ctx, *packed, x.data(), n_tokens, y.data());
  EXPECT_EQ(y.back(), 99) << "wrote behind the result";
  const bool is_rounded = ctx.precision == Precision::kInt8 && is_quantized(c.view.dtype);
  const bool is_bf16 =
      ctx.precision == Precision::kInt8 && c.view.dtype == DType::kBF16 && ctx.kernels.isa == Isa::kAvx512Bf16;
  const std::vector<float> seen = is_rounded ? rounded_activations(x) : is_bf16 ? bf16_activations(x) : x;
  for (int64_t t = 0; t < n_tokens; ++t)
    for (int64_t r = 0; r < n_out; ++r) {
      const float* w = c.weights.data() + r * n_in;
      const Exact of_seen = exact_product(w, seen.data() + t * n_in, n_in);
      const Exact exact = exact_product(w, x.data() + t * n_in, n_in);
      // Sums of f32: one rounding per block or column, and the zero point's part, up to 16 times larger.
      const double bound = of_seen.magnitude * 0x1p-24 * 16 * std::sqrt(static_cast<double>(n_in)) + 1e-6;
      const float got = y[static_cast<size_t>(t * n_out + r)];
      ASSERT_NEAR(got, of_seen.sum, bound)
          << dtype_name(c.view.dtype) << " " << n_out << "x" << n_in << " token " << t << " row " << r;
      // BF16 keeps 8 bits of a significand: half a step is at most 2^-8 of a value.
      const double rounding = is_rounded ? rounding_bound(w, x.data() + t * n_in, n_in)
                              : is_bf16  ? exact.magnitude * 0x1p-8
                                         : 0;
      ASSERT_NEAR(got, exact.sum, bound + rounding) << dtype_name(c.view.dtype) << " token " << t << " row " << r;
    }
}

TEST_P(Matmul, EqualsPlainLoops) {
  ThreadPool pool(2);
  std::mt19937 random(7);
  std::uniform_real_distribution<float> value(-2, 2);
  for (const DType dtype : kTypes)
    for (const int64_t n_in : {int64_t{dtype_info(dtype).block_elems == 32 ? 160 : 256}, int64_t{768}})
      for (const int64_t n_out : {1, 31, 32, 33, 80}) {
        const Case c = random_weight(dtype, n_out, n_in, random);
        for (const Precision precision : {Precision::kInt8, Precision::kF32})
          for (const int64_t n_tokens : {1, 2, 5, 7, 17}) {
            std::vector<float> x(static_cast<size_t>(n_tokens * n_in));
            for (float& v : x) v = value(random);
            expect_product({pool, *kernels_, precision}, c, x, n_tokens);
          }
      }
}

// Float types have columns of any number, which BF16's pairs and the sweeps' 256 do not divide.
TEST_P(Matmul, EqualsPlainLoopsAtEveryEnd) {
  ThreadPool pool(2);
  std::mt19937 random(14);
  std::uniform_real_distribution<float> value(-2, 2);
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16})
    for (const int64_t n_in : {1, 2, 3, 255, 256, 257, 259, 513}) {
      const Case c = random_weight(dtype, 33, n_in, random);
      for (const Precision precision : {Precision::kInt8, Precision::kF32})
        for (int64_t n_tokens = 1; n_tokens <= 17; ++n_tokens) {
          std::vector<float> x(static_cast<size_t>(n_tokens * n_in));
          for (float& v : x) v = value(random);
          expect_product({pool, *kernels_, precision}, c, x, n_tokens);
        }
    }
}

// The largest and the least codes, scales and activations there are: sums of 16 bits must not overflow.
TEST_P(Matmul, HoldsTheSumsOfTheCodesEnds) {
  ThreadPool pool(1);
  std::mt19937 random(8);
  constexpr int64_t kIn = 2048, kOut = 40;
  for (const DType dtype : kTypes)
    for (const int byte : {0x00, 0x7f, 0x80, 0x88, 0xf7, 0xff}) {
      const Case c = weight_of(dtype, kOut, kIn, random, [&] { return static_cast<std::byte>(byte); });
      for (const int sign : {1, -1, 0})  // 0: alternating
        for (const int64_t n_tokens : {1, 3, 8, 17}) {
          std::vector<float> x(static_cast<size_t>(n_tokens * kIn));
          for (size_t i = 0; i < x.size(); ++i)
            x[i] = sign != 0 ? 3.0f * static_cast<float>(sign) : i % 2 == 0 ? 3.0f : -3.0f;
          expect_product({pool, *kernels_, Precision::kInt8}, c, x, n_tokens);
        }
    }
}

// A value that is no number stays one, whatever the types and however many tokens there are, also where the columns of
// a float type do not end with a pair.
TEST_P(Matmul, KeepsANanInItsToken) {
  ThreadPool pool(1);
  std::mt19937 random(9);
  constexpr int64_t kOut = 40;
  for (const DType dtype : kTypes) {
    const int64_t n_in = is_quantized(dtype) ? 256 : 257;
    const Case c = random_weight(dtype, kOut, n_in, random);
    const ExecContext ctx{pool, *kernels_};
    const auto packed = PackedMatrix::pack(ctx, c.view);
    ASSERT_TRUE(packed.has_value());
    for (const int64_t n_tokens : {1, 2, 9, 17})
      for (const int64_t col : {int64_t{0}, int64_t{77}, n_in - 1}) {
        std::vector<float> x(static_cast<size_t>(n_tokens * n_in), 0.25f), y(static_cast<size_t>(n_tokens * kOut));
        x[static_cast<size_t>((n_tokens - 1) * n_in + col)] = NAN;
        matmul(ctx, *packed, x.data(), n_tokens, y.data());
        for (int64_t t = 0; t < n_tokens; ++t)
          for (int64_t r = 0; r < kOut; ++r)
            ASSERT_EQ(std::isnan(y[static_cast<size_t>(t * kOut + r)]), t == n_tokens - 1)
                << dtype_name(dtype) << " " << n_tokens << " tokens, column " << col;
      }
  }
}

TEST_P(Matmul, StaysInsideItsMemory) {
  ThreadPool pool(2);
  std::mt19937 random(10);
  constexpr int64_t kIn = 256, kOut = 33;
  for (const DType dtype : kTypes)
    for (const Precision precision : {Precision::kInt8, Precision::kF32}) {
      const ExecContext ctx{pool, *kernels_, precision};
      const Case c = random_weight(dtype, kOut, kIn, random);
      const size_t n_panel_bytes = PackedMatrix::bytes_for(dtype, c.view.shape).value();
      Guarded<uint8_t> panels(std::vector<uint8_t>(n_panel_bytes, 0));
      const auto packed = PackedMatrix::pack(ctx, c.view, {}, {nullptr, panels.data()});
      ASSERT_TRUE(packed.has_value());
      for (const int64_t n_tokens : {1, 2, 3, 6, 7, 8, 9, 14, 16, 17, 33}) {
        Guarded<float> x(std::vector<float>(static_cast<size_t>(n_tokens * kIn), 0.5f));
        Guarded<float> y(std::vector<float>(static_cast<size_t>(n_tokens * kOut), 0.0f));
        matmul(ctx, *packed, x.data(), n_tokens, y.data());
        ASSERT_TRUE(std::isfinite(y.values().back()));
      }
    }
}

// Sweeps over a panel end after 512 tokens: there are three here.
TEST_P(Matmul, DoesNotDependOnBatchOrThreads) {
  std::mt19937 random(11);
  std::uniform_real_distribution<float> value(-2, 2);
  constexpr int64_t kIn = 512, kOut = 40, kTokens = 1100, kFew = 18;
  std::vector<float> x(kIn * kTokens);
  for (float& v : x) v = value(random);
  for (const DType dtype : kTypes) {
    const Case c = random_weight(dtype, kOut, kIn, random);
    ThreadPool one(1), two(2);
    const ExecContext a{one, *kernels_}, b{two, *kernels_};
    const auto packed = PackedMatrix::pack(a, c.view);
    ASSERT_TRUE(packed.has_value());
    std::vector<float> together(kOut * kTokens), alone(kOut * kTokens);
    matmul(b, *packed, x.data(), kTokens, together.data());
    for (int64_t t = 0; t < kTokens; ++t) {
      if (t >= kFew && (kTokens - 1 - t) % 7 != 0) continue;  // 7 and a tile's size are coprime: all places
      matmul(a, *packed, x.data() + t * kIn, 1, alone.data() + t * kOut);
      ASSERT_EQ(std::memcmp(together.data() + t * kOut, alone.data() + t * kOut, kOut * sizeof(float)), 0)
          << dtype_name(dtype) << " token " << t;
    }
    for (int64_t n = 2; n <= kFew; ++n) {  // every size of a tile, with codes unpacked first and not
      matmul(b, *packed, x.data(), n, together.data());
      const size_t n_bytes = static_cast<size_t>(n * kOut) * sizeof(float);
      EXPECT_EQ(std::memcmp(together.data(), alone.data(), n_bytes), 0) << dtype_name(dtype) << " " << n;
    }
  }
}

// Quantised at once or after being written as f32: the same to the bit.
TEST_P(Matmul, GatedEqualsItsSteps) {
  std::mt19937 random(13);
  std::uniform_real_distribution<float> value(-2, 2);
  constexpr int64_t kIn = 256, kHidden = 512, kOut = 40;
  for (const DType dtype : {DType::kQ4_K, DType::kQ6_K, DType::kQ8_0}) {
    const Case cases[] = {random_weight(dtype, kHidden, kIn, random), random_weight(DType::kQ4_K, kHidden, kIn, random),
                          random_weight(dtype, kOut, kHidden, random)};
    ThreadPool pool(2);
    const ExecContext ctx{pool, *kernels_};
    std::vector<PackedMatrix> w;
    for (const Case& c : cases) w.push_back(std::move(PackedMatrix::pack(ctx, c.view).value()));
    for (const int64_t n_tokens : {1, 2, 7, 33, 600}) {
      std::vector<float> x(static_cast<size_t>(n_tokens * kIn)), y(static_cast<size_t>(n_tokens * kOut)), expected = y;
      for (float& v : x) v = value(random);
      std::vector<float> gate(static_cast<size_t>(n_tokens * kHidden)), up = gate;
      matmul(ctx, w[0], x.data(), n_tokens, gate.data());
      matmul(ctx, w[1], x.data(), n_tokens, up.data());
      for (const GatedActivation activation : {kernels_->vec.silu_mul, kernels_->vec.gelu_tanh_mul}) {
        std::vector<float> activated = gate;
        activation(activated.data(), up.data(), n_tokens * kHidden);
        matmul(ctx, w[2], activated.data(), n_tokens, expected.data());
        Activations hidden;
        matmul_gated(ctx, w[0], w[1], activation, {x.data()}, n_tokens, hidden);
        matmul(ctx, w[2], hidden, n_tokens, y.data());
        EXPECT_EQ(y, expected) << dtype_name(dtype) << " " << n_tokens;
      }
    }
  }
}

// Normalised on the way or before, for weights that take integers, floats and both at once: the same to the bit.
TEST_P(Matmul, ANormOnTheWayEqualsANormBefore) {
  std::mt19937 random(17);
  std::uniform_real_distribution<float> value(-2, 2);
  constexpr int64_t kIn = 256, kOut = 64;
  constexpr float kEps = 1e-5f;
  const Case cases[] = {random_weight(DType::kQ4_K, kOut, kIn, random), random_weight(DType::kBF16, kOut, kIn, random)};
  ThreadPool pool(2);
  for (const Precision precision : {Precision::kInt8, Precision::kF32}) {
    const ExecContext ctx{pool, *kernels_, precision};
    std::vector<PackedMatrix> w;
    for (const Case& c : cases) w.push_back(std::move(PackedMatrix::pack(ctx, c.view).value()));
    const std::vector<std::vector<const PackedMatrix*>> groups{{&w[0]}, {&w[1]}, {&w[0], &w[1]}};
    for (const int64_t n_tokens : {1, 2, 9, 200}) {
      std::vector<float> x(static_cast<size_t>(n_tokens * kIn)), scale(kIn), normed = x;
      for (float& v : x) v = value(random);
      for (float& v : scale) v = value(random);
      rms_norm(ctx, x.data(), n_tokens, kIn, scale.data(), kEps, normed.data());
      for (const auto& group : groups) {
        std::vector<std::vector<float>> before(group.size()), on_the_way;
        for (auto& y : before) y.resize(static_cast<size_t>(n_tokens * kOut));
        on_the_way = before;
        std::vector<float*> ys;
        for (auto& y : before) ys.push_back(y.data());
        matmul_joint(ctx, group, {normed.data()}, n_tokens, ys);
        ys.clear();
        for (auto& y : on_the_way) ys.push_back(y.data());
        matmul_joint(ctx, group, {x.data(), scale.data(), kEps}, n_tokens, ys);
        EXPECT_EQ(on_the_way, before) << n_tokens << " tokens, " << group.size() << " weights";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, Matmul, testing::ValuesIn(kEveryIsa),
                         [](const auto& set) { return std::string(isa_name(set.param)); });

}  // namespace
}  // namespace hanok
