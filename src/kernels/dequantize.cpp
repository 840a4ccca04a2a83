#include "kernels/dequantize.h"

#include <cstring>

#include "base/check.h"
#include "base/f16.h"
#include "tensor/blocks.h"

namespace hanok {
namespace {

void decode(const BlockQ4_0& b, float* out) {
  const float d = f16_to_f32(b.d);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>((b.qs[j] & 15) - 8);
    out[j + 16] = d * static_cast<float>((b.qs[j] >> 4) - 8);
  }
}

void decode(const BlockQ4_1& b, float* out) {
  const float d = f16_to_f32(b.d), m = f16_to_f32(b.m);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(b.qs[j] & 15) + m;
    out[j + 16] = d * static_cast<float>(b.qs[j] >> 4) + m;
  }
}

template <class Block>
int code5(const Block& b, int j) {
  const int nibble = j < 16 ? b.qs[j] & 15 : b.qs[j - 16] >> 4;
  return nibble | (((b.qh[j / 8] >> (j % 8)) & 1) << 4);
}

void decode(const BlockQ5_0& b, float* out) {
  const float d = f16_to_f32(b.d);
  for (int j = 0; j < 32; ++j) out[j] = d * static_cast<float>(code5(b, j) - 16);
}

void decode(const BlockQ5_1& b, float* out) {
  const float d = f16_to_f32(b.d), m = f16_to_f32(b.m);
  for (int j = 0; j < 32; ++j) out[j] = d * static_cast<float>(code5(b, j)) + m;
}

void decode(const BlockQ8_0& b, float* out) {
  const float d = f16_to_f32(b.d);
  for (int j = 0; j < 32; ++j) out[j] = d * static_cast<float>(b.qs[j]);
}

void decode(const BlockQ2_K& b, float* out) {
  const float d = f16_to_f32(b.d), dmin = f16_to_f32(b.dmin);
  for (int j = 0; j < 256; ++j) {
    const int half = j / 128, shift = 2 * ((j % 128) / 32);
    const int code = (b.qs[32 * half + j % 32] >> shift) & 3, scale = b.scales[j / 16];
    out[j] = d * static_cast<float>(scale & 15) * static_cast<float>(code) - dmin * static_cast<float>(scale >> 4);
  }
}

void decode(const BlockQ3_K& b, float* out) {
  uint8_t scales[16];
  unpack_scales_q3(b.scales, scales);
  const float d = f16_to_f32(b.d);
  for (int j = 0; j < 256; ++j) {
    const int half = j / 128, shift = 2 * ((j % 128) / 32);
    const int low = (b.qs[32 * half + j % 32] >> shift) & 3, high = (b.hmask[j % 32] >> (j / 32)) & 1;
    out[j] = d * static_cast<float>(scales[j / 16] - 32) * static_cast<float>(low - (high ? 0 : 4));
  }
}

void decode(const BlockQ4_K& b, float* out) {
  uint8_t scales[8], mins[8];
  unpack_scales_k4(b.scales, scales, mins);
  const float d = f16_to_f32(b.d), dmin = f16_to_f32(b.dmin);
  for (int s = 0; s < 8; ++s) {
    const float scale = d * static_cast<float>(scales[s]), minimum = dmin * static_cast<float>(mins[s]);
    for (int l = 0; l < 32; ++l) {
      const uint8_t byte = b.qs[32 * (s / 2) + l];
      out[32 * s + l] = scale * static_cast<float>(s % 2 ? byte >> 4 : byte & 15) - minimum;
    }
  }
}

void decode(const BlockQ5_K& b, float* out) {
  uint8_t scales[8], mins[8];
  unpack_scales_k4(b.scales, scales, mins);
  const float d = f16_to_f32(b.d), dmin = f16_to_f32(b.dmin);
  for (int s = 0; s < 8; ++s) {
    const float scale = d * static_cast<float>(scales[s]), minimum = dmin * static_cast<float>(mins[s]);
    for (int l = 0; l < 32; ++l) {
      const uint8_t byte = b.qs[32 * (s / 2) + l];
      const int code = (s % 2 ? byte >> 4 : byte & 15) | (((b.qh[l] >> s) & 1) << 4);
      out[32 * s + l] = scale * static_cast<float>(code) - minimum;
    }
  }
}

void decode(const BlockQ6_K& b, float* out) {
  const float d = f16_to_f32(b.d);
  for (int j = 0; j < 256; ++j) {
    const int half = j / 128, s = (j % 128) / 32, l = j % 32;
    const uint8_t byte = b.ql[64 * half + 32 * (s & 1) + l];
    const int code = ((s < 2 ? byte & 15 : byte >> 4) | (((b.qh[32 * half + l] >> (2 * s)) & 3) << 4)) - 32;
    out[j] = d * static_cast<float>(b.scales[j / 16]) * static_cast<float>(code);
  }
}

void decode(const BlockIQ4_NL& b, float* out) {
  const float d = f16_to_f32(b.d);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(kIq4Values[b.qs[j] & 15]);
    out[j + 16] = d * static_cast<float>(kIq4Values[b.qs[j] >> 4]);
  }
}

void decode(const BlockIQ4_XS& b, float* out) {
  const float d = f16_to_f32(b.d);
  for (int s = 0; s < 8; ++s) {
    const int low = (b.scales_l[s / 2] >> (4 * (s % 2))) & 15, high = (b.scales_h >> (2 * s)) & 3;
    const float scale = d * static_cast<float>((low | (high << 4)) - 32);
    for (int j = 0; j < 16; ++j) {
      const uint8_t byte = b.qs[16 * s + j];
      out[32 * s + j] = scale * static_cast<float>(kIq4Values[byte & 15]);
      out[32 * s + 16 + j] = scale * static_cast<float>(kIq4Values[byte >> 4]);
    }
  }
}

template <class Block, int kElems>
void decode_blocks(const std::byte* row, int64_t n_cols, float* out) {
  for (int64_t i = 0; i < n_cols / kElems; ++i) {
    Block block;
    std::memcpy(&block, row + static_cast<size_t>(i) * sizeof(Block), sizeof(Block));
    decode(block, out + i * kElems);
  }
}

void decode_16bit(const std::byte* row, int64_t n_cols, float (*convert)(uint16_t), float* out) {
  for (int64_t i = 0; i < n_cols; ++i) {
    uint16_t bits;
    std::memcpy(&bits, row + 2 * i, 2);
    out[i] = convert(bits);
  }
}

}  // namespace

void dequantize_row(DType dtype, const std::byte* row, int64_t n_cols, float* out) {
  switch (dtype) {
    case DType::kF32:
      std::memcpy(out, row, sizeof(float) * static_cast<size_t>(n_cols));
      return;
    case DType::kF16:
      return decode_16bit(row, n_cols, f16_to_f32, out);
    case DType::kBF16:
      return decode_16bit(row, n_cols, bf16_to_f32, out);
    case DType::kQ4_0:
      return decode_blocks<BlockQ4_0, 32>(row, n_cols, out);
    case DType::kQ4_1:
      return decode_blocks<BlockQ4_1, 32>(row, n_cols, out);
    case DType::kQ5_0:
      return decode_blocks<BlockQ5_0, 32>(row, n_cols, out);
    case DType::kQ5_1:
      return decode_blocks<BlockQ5_1, 32>(row, n_cols, out);
    case DType::kQ8_0:
      return decode_blocks<BlockQ8_0, 32>(row, n_cols, out);
    case DType::kQ2_K:
      return decode_blocks<BlockQ2_K, 256>(row, n_cols, out);
    case DType::kQ3_K:
      return decode_blocks<BlockQ3_K, 256>(row, n_cols, out);
    case DType::kQ4_K:
      return decode_blocks<BlockQ4_K, 256>(row, n_cols, out);
    case DType::kQ5_K:
      return decode_blocks<BlockQ5_K, 256>(row, n_cols, out);
    case DType::kQ6_K:
      return decode_blocks<BlockQ6_K, 256>(row, n_cols, out);
    case DType::kIQ4_NL:
      return decode_blocks<BlockIQ4_NL, 32>(row, n_cols, out);
    case DType::kIQ4_XS:
      return decode_blocks<BlockIQ4_XS, 256>(row, n_cols, out);
    default:
      HANOK_CHECK(false, "not a weight type");
  }
}

}  // namespace hanok
