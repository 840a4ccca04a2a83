// The 16-bit floats: every value survives the way to f32 and back, and rounding is to nearest even.
#include "base/f16.h"

#include <gtest/gtest.h>

namespace hanok {
namespace {

TEST(F16, EveryNumberSurvivesARoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if ((half & 0x7fff) <= 0x7c00) {
      ASSERT_EQ(f32_to_f16(f16_to_f32(half)), half);
    }
    if ((half & 0x7fff) <= 0x7f80) {
      ASSERT_EQ(f32_to_bf16(bf16_to_f32(half)), half);
    }
  }
}

TEST(F16, RoundsToNearestEven) {
  EXPECT_EQ(f32_to_f16(1 + 0x1p-11f), 0x3c00);
  EXPECT_EQ(f32_to_f16(1 + 3 * 0x1p-11f), 0x3c02);
  EXPECT_EQ(f32_to_f16(65519.0F), 0x7bff);
  EXPECT_EQ(f32_to_f16(65520.0F), 0x7c00);
  EXPECT_EQ(f32_to_bf16(1 + 0x1p-8f), 0x3f80);
}

}  // namespace
}  // namespace hanok
