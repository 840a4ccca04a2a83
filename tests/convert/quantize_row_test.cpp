// Quantised rows decode to what the format allows, and lose no more than llama.cpp's quantisers on the same rows.
#include "convert/quantize_row.h"

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kernels/dequantize.h"

namespace hanok {
namespace {

constexpr DType kBlockTypes[] = {DType::kQ4_0, DType::kQ4_1, DType::kQ5_0, DType::kQ5_1,
                                 DType::kQ8_0, DType::kQ4_K, DType::kQ5_K, DType::kQ6_K};

// The rows of tools/goldens/quantize_errors.py.
std::vector<float> make_values(const std::string& shape, size_t n) {
  uint32_t state = 1;
  std::vector<float> values;
  for (size_t i = 0; i < n; ++i) {
    int32_t total = 0;
    for (int draw = 0; draw < 4; ++draw) {
      state = state * 1664525u + 1013904223u;
      total += static_cast<int32_t>(state >> 20);
    }
    const float bell = static_cast<float>(total - 8190) / 8192.0f;
    values.push_back(shape == "bell" ? bell : shape == "heavy" ? bell * bell * bell : bell + 0.25f);
  }
  return values;
}

std::vector<float> round_trip(DType dtype, const std::vector<float>& values) {
  const auto n = static_cast<int64_t>(values.size());
  std::vector<std::byte> bytes(row_bytes(dtype, n));
  quantize_row(dtype, values.data(), n, bytes.data());
  std::vector<float> decoded(values.size());
  dequantize_row(dtype, bytes.data(), n, decoded.data());
  return decoded;
}

double relative_error(const std::vector<float>& decoded, const std::vector<float>& values) {
  double error = 0, squares = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    error += std::pow(static_cast<double>(decoded[i]) - static_cast<double>(values[i]), 2);
    squares += std::pow(static_cast<double>(values[i]), 2);
  }
  return std::sqrt(error / squares);
}

TEST(QuantizeRow, LosesNoMoreThanLlamaCpp) {
  std::ifstream in(std::string(HANOK_SOURCE_DIR) + "/goldens/convert/quantize_errors.json");
  const auto golden = nlohmann::json::parse(in);
  const size_t n_values = golden["n_rows"].get<size_t>() * golden["n_cols"].get<size_t>();
  for (const auto& [shape, errors] : golden["errors"].items()) {
    const std::vector<float> values = make_values(shape, n_values);
    for (const DType dtype : kBlockTypes) {
      const double theirs = errors[std::string(dtype_name(dtype))].get<double>();
      const double ours = relative_error(round_trip(dtype, values), values);
      EXPECT_LE(ours, 1.02 * theirs) << shape << " " << dtype_name(dtype);
      EXPECT_GT(ours, 0.5 * theirs) << "too good to be true: " << shape << " " << dtype_name(dtype);
    }
  }
}

// A grid of 2^bits levels over a block's range is at most half a step away, and the scale's f16 moves the last level by
// 2^-11 of the range. K formats store the scale and minimum of a sub-block as multiples of 1/63 (Q6_K: 1/128) of the
// largest ones, which moves a level by up to half such a multiple each.
double largest_error(DType dtype, double range) {
  const double f16 = std::ldexp(range, -11);
  switch (dtype) {
    case DType::kQ4_0:
    case DType::kQ4_1:
      return range / 15 / 2 + f16;
    case DType::kQ5_0:
    case DType::kQ5_1:
      return range / 31 / 2 + f16;
    case DType::kQ8_0:
      return range / 254 / 2 + f16;
    case DType::kQ4_K:
      return range / 15 / 2 + range / 63 + f16;
    case DType::kQ5_K:
      return range / 31 / 2 + range / 63 + f16;
    default:
      return range / 63 / 2 + range / 256 + f16;
  }
}

TEST(QuantizeRow, RootMeanSquareErrorIsWithinTheGrid) {
  for (const char* shape : {"bell", "heavy", "shifted"}) {
    const std::vector<float> values = make_values(shape, 4096);
    for (const DType dtype : kBlockTypes) {
      const std::vector<float> decoded = round_trip(dtype, values);
      for (size_t at = 0; at < values.size(); at += 256) {
        double largest = 0, squares = 0;
        for (size_t i = at; i < at + 256; ++i) {
          largest = std::max(largest, std::abs(static_cast<double>(values[i])));
          squares += std::pow(static_cast<double>(decoded[i]) - static_cast<double>(values[i]), 2);
        }
        EXPECT_LE(std::sqrt(squares / 256), largest_error(dtype, 2 * largest)) << shape << " " << dtype_name(dtype);
      }
    }
  }
}

TEST(QuantizeRow, ValuesOnTheGridComeBackExactly) {
  // Multiples of 1/8 that every format can state: its own largest code times a power of two is among them.
  for (const DType dtype : {DType::kQ4_0, DType::kQ5_0, DType::kQ8_0}) {
    const int half = dtype == DType::kQ4_0 ? 8 : dtype == DType::kQ5_0 ? 16 : 127;
    std::vector<float> values(32);
    for (int i = 0; i < 32; ++i) values[static_cast<size_t>(i)] = static_cast<float>(i % (half + 1) - half) / 8.0f;
    EXPECT_EQ(round_trip(dtype, values), values) << dtype_name(dtype);
  }
  for (const DType dtype : {DType::kQ4_1, DType::kQ5_1}) {
    const int top = dtype == DType::kQ4_1 ? 15 : 31;
    std::vector<float> values(32);
    for (int i = 0; i < 32; ++i) values[static_cast<size_t>(i)] = static_cast<float>(i % (top + 1)) / 8.0f + 0.5f;
    EXPECT_EQ(round_trip(dtype, values), values) << dtype_name(dtype);
  }
}

TEST(QuantizeRow, ConstantAndZeroRowsStayFinite) {
  for (const DType dtype : kBlockTypes) {
    for (const float constant : {0.0f, 1.0f, -1.0f, 1e-30f, 1e-6f, 1000.0f}) {
      const std::vector<float> values(256, constant);
      for (const float got : round_trip(dtype, values))
        ASSERT_NEAR(got, constant, std::max(1e-5, 0.01 * std::abs(static_cast<double>(constant))))
            << dtype_name(dtype) << " " << constant;
    }
  }
}

TEST(QuantizeRow, SixteenBitTypesRound) {
  const std::vector<float> values = {0.1f, -2.5f, 65504.0f, 1e-8f};
  for (const auto& [dtype, bits] : {std::pair(DType::kF16, 11), std::pair(DType::kBF16, 8)}) {
    const std::vector<float> decoded = round_trip(dtype, values);
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(decoded[i], values[i], std::max(std::ldexp(std::abs(values[i]), -bits), 3e-8f)) << dtype_name(dtype);
  }
  EXPECT_EQ(round_trip(DType::kF32, values), values);
}

}  // namespace
}  // namespace hanok
