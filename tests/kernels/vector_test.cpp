// The vector kernels equal plain loops in double, for every instruction set, up to the end of readable memory.
#include "kernels/vector_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/f16.h"
#include "kernels/guarded.h"
#include "kernels/isa_test.h"

namespace hanok {
namespace {

class Vector : public IsaTest {
 protected:
  void SetUp() override {
    IsaTest::SetUp();
    if (!IsSkipped()) vec_ = kernels_->vec;
  }
  VectorKernels vec_{};
};

constexpr int64_t kLengths[] = {0, 1, 7, 8, 15, 16, 17, 31, 63, 64, 65, 1000};

TEST_P(Vector, RmsNormEqualsDouble) {
  for (const int64_t n : kLengths) {
    Guarded<float> x(n), weight(n), out(n);
    double squares = 0;
    for (int64_t i = 0; i < n; ++i) {
      x.data()[i] = static_cast<float>(std::sin(static_cast<double>(i) * 3 + 1));
      weight.data()[i] = static_cast<float>(std::cos(static_cast<double>(i)));
      squares += static_cast<double>(x.data()[i]) * x.data()[i];
    }
    vec_.rms_norm(x.data(), weight.data(), n, 1e-6f, out.data());
    const double factor = 1 / std::sqrt(squares / static_cast<double>(n) + 1e-6);
    for (int64_t i = 0; i < n; ++i) {
      const double expected = x.data()[i] * factor * weight.data()[i];
      // n roundings in the sum, halved by the root, and five more.
      ASSERT_NEAR(out.data()[i], expected, std::fabs(expected) * static_cast<double>(n + 5) * 0x1p-24) << n << " " << i;
    }
  }
}

TEST_P(Vector, SiluEqualsDoubleOverTheWholeRange) {
  constexpr int64_t kCount = 40001;
  std::vector<float> gate(kCount), x, up(kCount, 1.0f);
  for (int64_t i = 0; i < kCount; ++i) gate[static_cast<size_t>(i)] = static_cast<float>(i - 20000) * 0.0043f;  // +-86
  x = gate;
  vec_.silu_mul(gate.data(), up.data(), kCount);
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = x[i] / (1 + std::exp(-static_cast<double>(x[i])));
    // exp within 2.5e-7 and a rounding of 1 + exp and of the quotient.
    ASSERT_NEAR(gate[i], expected, std::fabs(expected) * 4e-7) << x[i];
  }
}

TEST_P(Vector, GeluEqualsDoubleAndMayLackTheSecondFactor) {
  for (const int64_t n : kLengths) {
    Guarded<float> gate(n), alone(n), up(n);
    std::vector<double> expected;
    for (int64_t i = 0; i < n; ++i) {
      const double x = static_cast<float>((static_cast<double>(i) - static_cast<double>(n) / 2) * 0.02);
      gate.data()[i] = alone.data()[i] = static_cast<float>(x);
      up.data()[i] = 2;
      expected.push_back(0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))));
    }
    vec_.gelu_tanh_mul(gate.data(), up.data(), n);
    vec_.gelu_tanh_mul(alone.data(), nullptr, n);
    for (int64_t i = 0; i < n; ++i) {
      ASSERT_NEAR(alone.data()[i], expected[static_cast<size_t>(i)], 1e-5);
      ASSERT_EQ(gate.data()[i], 2 * alone.data()[i]);
    }
  }
}

TEST_P(Vector, ExactGeluEqualsDoubleOverTheWholeRange) {
  constexpr int64_t kCount = 40001;
  std::vector<float> x(kCount), y;
  for (int64_t i = 0; i < kCount; ++i) x[static_cast<size_t>(i)] = static_cast<float>(i - 20000) * 0.0007f;  // +-14
  y = x;
  vec_.gelu_erf(y.data(), kCount);
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = 0.5 * x[i] * (1 + std::erf(x[i] / std::sqrt(2.0)));
    // Half of erf's 1.5e-7, exp's 2.5e-7 and six roundings, and one rounding of the result.
    ASSERT_NEAR(y[i], expected, std::fabs(x[i]) * ((1.5e-7 + 2.5e-7 + 6 * 0x1p-24) / 2 + 0x1p-24)) << x[i];
  }
}

TEST_P(Vector, LayerNormEqualsDoubleFarFromZeroToo) {
  for (const int64_t n : kLengths) {
    if (n == 0) continue;
    for (const float offset : {0.0f, 100.0f}) {
      Guarded<float> x(n), weight(n), bias(n), out(n);
      double mean = 0, variance = 0;
      for (int64_t i = 0; i < n; ++i) {
        x.data()[i] = offset + static_cast<float>(std::sin(static_cast<double>(i) * 3 + 1));
        weight.data()[i] = static_cast<float>(std::cos(static_cast<double>(i)));
        bias.data()[i] = 0.25f;
        mean += x.data()[i] / static_cast<double>(n);
      }
      for (int64_t i = 0; i < n; ++i) variance += std::pow(x.data()[i] - mean, 2) / static_cast<double>(n);
      const double factor = 1 / std::sqrt(variance + 1e-5);
      vec_.layer_norm(x.data(), weight.data(), bias.data(), n, 1e-5f, out.data());
      for (int64_t i = 0; i < n; ++i) {
        const double normal = (x.data()[i] - mean) * factor;
        // The mean is exact but for a share of the differences; a sum of n squares, halved by the root, and the rest.
        const double tolerance = (std::fabs(normal) + 1) * static_cast<double>(n + 8) * 0x1p-24;
        ASSERT_NEAR(out.data()[i], normal * weight.data()[i] + 0.25, tolerance) << n << " " << i;
      }
    }
  }
}

TEST_P(Vector, ExtremesStayFinite) {
  const float highest = std::numeric_limits<float>::max();
  for (const float x : {-100.0f, -1000.0f, -1e30f, -highest}) {
    std::vector<float> gate(16, x);
    const std::vector<float> up(16, 1.0f);
    vec_.silu_mul(gate.data(), up.data(), 16);
    // exp is held at e^88 from there on.
    for (const float y : gate) ASSERT_LE(std::fabs(y), std::fabs(x) * 1e-38f * 1.1f) << x;
  }
}

TEST_P(Vector, HalfFloatsEqualThePortableConversionForEveryCode) {
  std::vector<uint16_t> codes;
  for (uint32_t code = 0; code < 65536; ++code)
    if ((code & 0x7c00) != 0x7c00 || (code & 0x3ff) == 0) codes.push_back(static_cast<uint16_t>(code));
  const auto n = static_cast<int64_t>(codes.size());
  std::vector<float> values(codes.size());
  std::vector<uint16_t> back(codes.size());
  vec_.f16_to_f32(codes.data(), n, values.data());
  for (size_t i = 0; i < codes.size(); ++i) ASSERT_EQ(values[i], f16_to_f32(codes[i])) << codes[i];
  vec_.f32_to_f16(values.data(), n, back.data());
  EXPECT_EQ(back, codes);
  for (float& value : values) value *= 1.0003f;  // now most need rounding
  vec_.f32_to_f16(values.data(), n, back.data());
  for (size_t i = 0; i < codes.size(); ++i) ASSERT_EQ(back[i], f32_to_f16(values[i])) << values[i];
}

INSTANTIATE_TEST_SUITE_P(Isas, Vector, testing::ValuesIn(kEveryIsa),
                         [](const auto& isa) { return std::string(isa_name(isa.param)); });

}  // namespace
}  // namespace hanok
