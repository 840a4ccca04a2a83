// The packed layout of weight matrices, version kPanelLayout: panels of 32 rows, columns in blocks of 32, the same for
// every instruction set. Plain types and inline functions with internal linkage only: kernels of every set include this
// file.
//
// Each quantised format is w = scale * (code - zero) - min per row and sub-block of 16 or 32 columns, with unsigned
// codes. A panel is a sequence of groups (8 blocks for K formats, 1 block for the others), each laid out as
//   f16 d[32], f16 m[32] if has_min                    (K: factors of the scales and minima below; else scale and min)
//   K only: int8/uint8 scales[8 blocks][n_subs][32], uint8 mins[8 blocks][n_subs][32] if has_min
//   per block: a plane of the codes' low bits (8, 4 or 2 wide), then one of their high bits (2, 1 or none)
// A plane of width w is [w parts][2 halves][64 lanes]. Row r, column k = 4g + j of a block is lane (r % 16) * 4 + j of
// half r / 16 in part g / (8 / w), at bit w * (g % (8 / w)): one load, a shift and a mask yield 64 codes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

namespace hanok {

inline constexpr int kPanelLayout = 2;  // raised with every change, so that no file of packed weights is misread
inline constexpr int kPanelRows = 32;
inline constexpr int kBlockCols = 32;
inline constexpr int kGroupBlocks = 8;  // blocks that a sweep unpacks at once, and blocks per group of K formats

struct PanelFormat {
  DType dtype;
  int bits;    // of a code
  int n_subs;  // sub-blocks with a scale of their own per block: 1 or 2
  bool is_k;   // scales are small integers times a factor per 256 columns
  bool has_min;
  bool is_table;  // 4-bit codes index the IQ4 values, +128
  int zero;
};

// The format of a quantised type; bits is 0 for every other type.
static constexpr PanelFormat panel_format_of(DType dtype) {
  switch (dtype) {
    case DType::kQ4_0:
      return {dtype, 4, 1, false, false, false, 8};
    case DType::kQ4_1:
      return {dtype, 4, 1, false, true, false, 0};
    case DType::kQ5_0:
      return {dtype, 5, 1, false, false, false, 16};
    case DType::kQ5_1:
      return {dtype, 5, 1, false, true, false, 0};
    case DType::kQ8_0:
      return {dtype, 8, 1, false, false, false, 128};
    case DType::kQ2_K:
      return {dtype, 2, 2, true, true, false, 0};
    case DType::kQ3_K:
      return {dtype, 3, 2, true, false, false, 4};
    case DType::kQ4_K:
      return {dtype, 4, 1, true, true, false, 0};
    case DType::kQ5_K:
      return {dtype, 5, 1, true, true, false, 0};
    case DType::kQ6_K:
      return {dtype, 6, 2, true, false, false, 32};
    case DType::kIQ4_NL:
      return {dtype, 4, 1, false, false, true, 128};
    case DType::kIQ4_XS:
      return {dtype, 4, 1, true, false, true, 128};
    default:
      return {dtype, 0, 1, false, false, false, 0};
  }
}

// Widths of the two planes of a block.
static constexpr int low_width(const PanelFormat& f) {
  return f.bits == 8 ? 8 : f.bits >= 4 ? 4 : 2;
}
static constexpr int high_width(const PanelFormat& f) {
  return f.bits - low_width(f);
}
static constexpr size_t block_code_bytes(const PanelFormat& f) {
  return static_cast<size_t>(f.bits) * 128;
}
static constexpr size_t group_blocks(const PanelFormat& f) {
  return f.is_k ? kGroupBlocks : 1;
}
static constexpr size_t group_header_bytes(const PanelFormat& f) {
  const size_t factors = f.has_min ? 128 : 64;
  const size_t scales = f.is_k ? static_cast<size_t>(kGroupBlocks * f.n_subs * kPanelRows) : 0;
  return factors + scales * (f.has_min ? 2 : 1);
}
static constexpr size_t group_bytes(const PanelFormat& f) {
  return group_header_bytes(f) + group_blocks(f) * block_code_bytes(f);
}
// Bytes of one panel; n_cols is a multiple of 32 (of 256 for K formats).
static constexpr size_t panel_bytes(const PanelFormat& f, int64_t n_cols) {
  return static_cast<size_t>(n_cols / kBlockCols) / group_blocks(f) * group_bytes(f);
}

}  // namespace hanok
