// Turns rows of any weight type into f32: the definition of what each format's bytes mean.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

namespace hanok {

// The 16 values of the IQ4 types.
inline constexpr int8_t kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// The eight 6-bit scales and minima that Q4_K and Q5_K pack into 12 bytes.
inline void unpack_scales_k4(const uint8_t packed[12], uint8_t scales[8], uint8_t mins[8]) {
  for (int j = 0; j < 4; ++j) {
    scales[j] = packed[j] & 63;
    mins[j] = packed[j + 4] & 63;
    scales[j + 4] = static_cast<uint8_t>((packed[j + 8] & 15) | ((packed[j] >> 6) << 4));
    mins[j + 4] = static_cast<uint8_t>((packed[j + 8] >> 4) | ((packed[j + 4] >> 6) << 4));
  }
}
// The sixteen 6-bit scales of Q3_K, still with their offset of 32: low nibbles in bytes 0-7, high pairs in bytes 8-11.
inline void unpack_scales_q3(const uint8_t packed[12], uint8_t scales[16]) {
  for (int j = 0; j < 16; ++j) {
    const int low = j < 8 ? packed[j] & 15 : packed[j - 8] >> 4;
    const int high = (packed[8 + j % 4] >> (2 * (j / 4))) & 3;
    scales[j] = static_cast<uint8_t>(low | (high << 4));
  }
}

// row: n_cols elements of `dtype` (a float or block type; n_cols a multiple of the block). out: [n_cols].
void dequantize_row(DType dtype, const std::byte* row, int64_t n_cols, float* out);

}  // namespace hanok
