#include "convert/quantize_row.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/f16.h"
#include "convert/scale_search.h"
#include "tensor/blocks.h"

namespace hanok {
namespace {

// A scale as the block will hold it.
f16_bits store_scale(float& scale) {
  const f16_bits bits = f32_to_f16(scale);
  scale = f16_to_f32(bits);
  return bits;
}

// Codes of 32 elements as the 32-element formats keep them: element j in the low nibble of qs[j], j + 16 in the high.
struct Codes32 {
  std::array<uint8_t, 32> codes;

  template <class Block>
  void store_nibbles(Block& b) const {
    for (size_t j = 0; j < 16; ++j) b.qs[j] = static_cast<uint8_t>((codes[j] & 15) | ((codes[j + 16] & 15) << 4));
  }
  template <class Block>
  void store_fifth_bits(Block& b) const {
    std::memset(b.qh, 0, sizeof b.qh);
    for (size_t j = 0; j < 32; ++j) b.qh[j / 8] = static_cast<uint8_t>(b.qh[j / 8] | ((codes[j] >> 4) << (j % 8)));
  }
};

template <class Block>
Codes32 encode_symmetric(const float* x, int half, Block& b) {
  std::array<float, 32> weights;
  const std::span<const float> values(x, 32);
  error_weights(values, weights);
  float scale = fit_symmetric(values, weights, half);
  b.d = store_scale(scale);
  const CodeGrid grid({scale, 0}, -half, half - 1);
  Codes32 result;
  for (size_t j = 0; j < 32; ++j) result.codes[j] = static_cast<uint8_t>(grid.nearest(x[j]) + half);
  return result;
}

template <class Block>
Codes32 encode_affine(const float* x, int max_code, Block& b) {
  std::array<float, 32> weights;
  const std::span<const float> values(x, 32);
  error_weights(values, weights);
  AffineFit fit = fit_affine(values, weights, max_code, false);
  b.d = store_scale(fit.scale);
  b.m = store_scale(fit.minimum);
  const CodeGrid grid(fit, 0, max_code);
  Codes32 result;
  for (size_t j = 0; j < 32; ++j) result.codes[j] = static_cast<uint8_t>(grid.nearest(x[j]));
  return result;
}

void encode(const float* x, BlockQ4_0& b) {
  encode_symmetric(x, 8, b).store_nibbles(b);
}
void encode(const float* x, BlockQ4_1& b) {
  encode_affine(x, 15, b).store_nibbles(b);
}
void encode(const float* x, BlockQ5_0& b) {
  const Codes32 codes = encode_symmetric(x, 16, b);
  codes.store_nibbles(b);
  codes.store_fifth_bits(b);
}
void encode(const float* x, BlockQ5_1& b) {
  const Codes32 codes = encode_affine(x, 31, b);
  codes.store_nibbles(b);
  codes.store_fifth_bits(b);
}

void encode(const float* x, BlockQ8_0& b) {
  float largest = 0;
  for (int j = 0; j < 32; ++j) largest = std::max(largest, std::abs(x[j]));
  float scale = largest / 127;
  b.d = store_scale(scale);
  const CodeGrid grid({scale, 0}, -127, 127);
  for (int j = 0; j < 32; ++j) b.qs[j] = static_cast<int8_t>(grid.nearest(x[j]));
}

// Scales and minima of Q4_K and Q5_K: 8 sub-blocks of 32, each with 6-bit multiples of the block's d and dmin.
struct KScales {
  float d = 0, dmin = 0;  // as stored
  f16_bits d_bits = 0, dmin_bits = 0;
  std::array<uint8_t, 8> scales{}, mins{};

  AffineFit fit(size_t s) const { return {d * static_cast<float>(scales[s]), -dmin * static_cast<float>(mins[s])}; }
  void set(float new_d, float new_dmin) {
    d = new_d, dmin = new_dmin;
    d_bits = store_scale(d), dmin_bits = store_scale(dmin);
  }
};

constexpr int kMaxMultiple = 63;

class KSearch {
 public:
  KSearch(const float* x, int max_code) : x_(x), max_code_(max_code) {
    for (size_t s = 0; s < 8; ++s) error_weights(values(s), std::span(weights_).subspan(32 * s, 32));
  }

  KScales run() const {
    std::array<AffineFit, 8> fits;
    float largest_scale = 0, largest_min = 0;
    for (size_t s = 0; s < 8; ++s) {
      fits[s] = fit_affine(values(s), weights(s), max_code_, true);
      largest_scale = std::max(largest_scale, fits[s].scale);
      largest_min = std::max(largest_min, -fits[s].minimum);
    }
    KScales k;
    k.set(largest_scale / kMaxMultiple, largest_min / kMaxMultiple);
    const CodeGrid scales({k.d, 0}, 0, kMaxMultiple), mins({k.dmin, 0}, 0, kMaxMultiple);
    for (size_t s = 0; s < 8; ++s) {
      k.scales[s] = static_cast<uint8_t>(scales.nearest(fits[s].scale));
      k.mins[s] = static_cast<uint8_t>(mins.nearest(-fits[s].minimum));
    }
    improve_multiples(k);
    KScales refitted = k;
    refit_units(refitted);
    return total_error(refitted) < total_error(k) ? refitted : k;
  }

 private:
  std::span<const float> values(size_t s) const { return {x_ + 32 * s, 32}; }
  std::span<const float> weights(size_t s) const { return std::span(weights_).subspan(32 * s, 32); }
  float error(const KScales& k, size_t s) const { return fit_error(values(s), weights(s), k.fit(s), 0, max_code_); }
  float total_error(const KScales& k) const {
    float total = 0;
    for (size_t s = 0; s < 8; ++s) total += error(k, s);
    return total;
  }

  // Rounding scale and minimum apart is not the best pair: tries the neighbours of both.
  void improve_multiples(KScales& k) const {
    for (size_t s = 0; s < 8; ++s) {
      const int scale = k.scales[s], minimum = k.mins[s];
      float least = error(k, s);
      KScales best = k;
      for (int a = std::max(0, scale - 1); a <= std::min(kMaxMultiple, scale + 1); ++a) {
        for (int b = std::max(0, minimum - 1); b <= std::min(kMaxMultiple, minimum + 1); ++b) {
          k.scales[s] = static_cast<uint8_t>(a), k.mins[s] = static_cast<uint8_t>(b);
          if (const float e = error(k, s); e < least) least = e, best = k;
        }
      }
      k = best;
    }
  }

  // With codes and multiples fixed, d and dmin are the solution of two linear equations.
  void refit_units(KScales& k) const {
    double aa = 0, ab = 0, bb = 0, ax = 0, bx = 0;
    for (size_t s = 0; s < 8; ++s) {
      const CodeGrid grid(k.fit(s), 0, max_code_);
      for (size_t l = 0; l < 32; ++l) {
        const double w = static_cast<double>(weights(s)[l]), x = static_cast<double>(values(s)[l]);
        const double a = static_cast<double>(k.scales[s]) * grid.nearest(values(s)[l]);
        const double b = -static_cast<double>(k.mins[s]);
        aa += w * a * a, ab += w * a * b, bb += w * b * b, ax += w * a * x, bx += w * b * x;
      }
    }
    const double determinant = aa * bb - ab * ab;
    if (determinant <= 1e-9 * aa * bb) return;
    const double d = (bb * ax - ab * bx) / determinant, dmin = (aa * bx - ab * ax) / determinant;
    if (d > 0 && dmin >= 0) k.set(static_cast<float>(d), static_cast<float>(dmin));
  }

  const float* x_;
  int max_code_;
  std::array<float, 256> weights_;
};

// The opposite of unpack_scales_k4.
void pack_scales(const KScales& k, uint8_t packed[12]) {
  for (size_t j = 0; j < 4; ++j) {
    packed[j] = static_cast<uint8_t>(k.scales[j] | ((k.scales[j + 4] >> 4) << 6));
    packed[j + 4] = static_cast<uint8_t>(k.mins[j] | ((k.mins[j + 4] >> 4) << 6));
    packed[j + 8] = static_cast<uint8_t>((k.scales[j + 4] & 15) | ((k.mins[j + 4] & 15) << 4));
  }
}

template <class Block>
std::array<uint8_t, 256> encode_k(const float* x, int max_code, Block& b) {
  const KScales k = KSearch(x, max_code).run();
  b.d = k.d_bits, b.dmin = k.dmin_bits;
  pack_scales(k, b.scales);
  std::array<uint8_t, 256> codes;
  for (size_t s = 0; s < 8; ++s) {
    const CodeGrid grid(k.fit(s), 0, max_code);
    for (size_t j = 32 * s; j < 32 * s + 32; ++j) codes[j] = static_cast<uint8_t>(grid.nearest(x[j]));
  }
  for (size_t j = 0; j < 128; ++j) {
    const size_t at = 64 * (j / 32) + j % 32;
    b.qs[j] = static_cast<uint8_t>((codes[at] & 15) | ((codes[at + 32] & 15) << 4));
  }
  return codes;
}

void encode(const float* x, BlockQ4_K& b) {
  encode_k(x, 15, b);
}

void encode(const float* x, BlockQ5_K& b) {
  const std::array<uint8_t, 256> codes = encode_k(x, 31, b);
  std::memset(b.qh, 0, sizeof b.qh);
  for (size_t j = 0; j < 256; ++j) b.qh[j % 32] = static_cast<uint8_t>(b.qh[j % 32] | ((codes[j] >> 4) << (j / 32)));
}

void encode(const float* x, BlockQ6_K& b) {
  std::array<float, 16> scales, weights;
  float peak = 0;
  for (size_t s = 0; s < 16; ++s) {
    const std::span<const float> values(x + 16 * s, 16);
    error_weights(values, weights);
    scales[s] = fit_symmetric(values, weights, 32);
    if (std::abs(scales[s]) > std::abs(peak)) peak = scales[s];
  }
  float d = -peak / 128;  // multiples reach from -128 to 127
  b.d = store_scale(d);
  std::memset(b.ql, 0, sizeof b.ql);
  std::memset(b.qh, 0, sizeof b.qh);
  const CodeGrid multiples({d, 0}, -128, 127);
  for (size_t sub = 0; sub < 16; ++sub) {
    b.scales[sub] = static_cast<int8_t>(multiples.nearest(scales[sub]));
    const CodeGrid grid({d * static_cast<float>(b.scales[sub]), 0}, -32, 31);
    for (size_t j = 16 * sub; j < 16 * sub + 16; ++j) {
      const int code = grid.nearest(x[j]) + 32;
      const size_t half = j / 128, s = (j % 128) / 32, l = j % 32;
      uint8_t &low = b.ql[64 * half + 32 * (s & 1) + l], &high = b.qh[32 * half + l];
      low = static_cast<uint8_t>(low | ((code & 15) << (s < 2 ? 0 : 4)));
      high = static_cast<uint8_t>(high | ((code >> 4) << (2 * s)));
    }
  }
}

template <class Block, int kElems>
void encode_blocks(const float* x, int64_t n_cols, std::byte* out) {
  for (int64_t i = 0; i < n_cols / kElems; ++i) {
    Block block;
    encode(x + i * kElems, block);
    std::memcpy(out + static_cast<size_t>(i) * sizeof(Block), &block, sizeof(Block));
  }
}

void encode_16bit(const float* x, int64_t n_cols, uint16_t (*convert)(float), std::byte* out) {
  for (int64_t i = 0; i < n_cols; ++i) {
    const uint16_t bits = convert(x[i]);
    std::memcpy(out + 2 * i, &bits, 2);
  }
}

}  // namespace

bool can_quantize_to(DType dtype) {
  switch (dtype) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kQ4_0:
    case DType::kQ4_1:
    case DType::kQ5_0:
    case DType::kQ5_1:
    case DType::kQ8_0:
    case DType::kQ4_K:
    case DType::kQ5_K:
    case DType::kQ6_K:
      return true;
    default:
      return false;
  }
}

void quantize_row(DType dtype, const float* x, int64_t n_cols, std::byte* out) {
  HANOK_CHECK(n_cols % dtype_info(dtype).block_elems == 0, "row of whole blocks");
  switch (dtype) {
    case DType::kF32:
      std::memcpy(out, x, sizeof(float) * static_cast<size_t>(n_cols));
      return;
    case DType::kF16:
      return encode_16bit(x, n_cols, f32_to_f16, out);
    case DType::kBF16:
      return encode_16bit(x, n_cols, f32_to_bf16, out);
    case DType::kQ4_0:
      return encode_blocks<BlockQ4_0, 32>(x, n_cols, out);
    case DType::kQ4_1:
      return encode_blocks<BlockQ4_1, 32>(x, n_cols, out);
    case DType::kQ5_0:
      return encode_blocks<BlockQ5_0, 32>(x, n_cols, out);
    case DType::kQ5_1:
      return encode_blocks<BlockQ5_1, 32>(x, n_cols, out);
    case DType::kQ8_0:
      return encode_blocks<BlockQ8_0, 32>(x, n_cols, out);
    case DType::kQ4_K:
      return encode_blocks<BlockQ4_K, 256>(x, n_cols, out);
    case DType::kQ5_K:
      return encode_blocks<BlockQ5_K, 256>(x, n_cols, out);
    case DType::kQ6_K:
      return encode_blocks<BlockQ6_K, 256>(x, n_cols, out);
    default:
      HANOK_CHECK(false, "not a type that is written");
  }
}

}  // namespace hanok
