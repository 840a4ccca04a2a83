// Vectors of int8 codes with a scale each, as a segment holds them, and how alike two of them are.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/scan_kernels.h"
#include "search/bytes_io.h"

namespace hanok {

// Looks at memory that lives elsewhere.
struct VectorRows {
  std::string_view scales;        // f32 of each row
  const int8_t* codes = nullptr;  // [n_rows, dim]
  uint32_t n_rows = 0;
  uint32_t dim = 0;

  const int8_t* row(uint32_t row_idx) const { return codes + size_t{row_idx} * dim; }
  // 0: the row holds no vector.
  float scale(uint32_t row_idx) const {
    const auto scale = number_at<float>(scales, size_t{row_idx} * sizeof(float));
    return scale > 0 && std::isfinite(scale) ? scale : 0;
  }
};

// The codes of one vector. Looks at memory that lives elsewhere.
struct CodedVector {
  const int8_t* codes = nullptr;
  float scale = 0;
};

inline CodedVector vector_at(const VectorRows& rows, uint32_t row_idx) {
  return {rows.row(row_idx), rows.scale(row_idx)};
}

struct QueryCodes {
  std::vector<int8_t> values;
  float scale = 0;

  explicit QueryCodes(std::span<const float> vector) : values(vector.size()) {
    for (const float x : vector) scale = std::max(scale, std::fabs(x) / 127);
    if (scale == 0) return;
    for (size_t i = 0; i < vector.size(); ++i) values[i] = static_cast<int8_t>(std::lrint(vector[i] / scale));
  }
  CodedVector view() const { return {values.data(), scale}; }
};

// The scaled product; never NaN, whatever the scales are.
inline float similarity_of(float scale, float other_scale, int32_t dot) {
  const float similarity = scale * other_scale * static_cast<float>(dot);
  return std::isnan(similarity) ? -INFINITY : similarity;
}

inline float similarity(const VectorRows& rows, const CodedVector& vector, uint32_t row_idx, DotRows dot_rows) {
  int32_t dot = 0;
  dot_rows(vector.codes, rows.row(row_idx), 1, rows.dim, &dot);
  return similarity_of(vector.scale, rows.scale(row_idx), dot);
}

}  // namespace hanok
