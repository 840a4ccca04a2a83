// The packed layout of weight matrices, version 1: panels of 32 rows, columns in blocks of 32, the same for every
// instruction set. Plain types and inline functions with internal linkage only: kernels of every set include this file.
//
// Each quantised format is w = scale * (code - zero) - min per row and sub-block of 16 or 32 columns, with unsigned
// codes. A panel is a sequence of groups (8 blocks for K formats, 1 block for the others), each laid out as
//   f16 d[32], f16 m[32] if has_min                    (K: factors of the scales and minima below; else scale and min)
//   K only: int8/uint8 scales[8 blocks][n_subs][32], uint8 mins[8 blocks][n_subs][32] if has_min
//   per block: nibble plane 512 bytes or byte plane 1024 bytes, then 128 bytes per further bit.
// Code of row r, column k = 4g + j of a block: lane (r % 16) * 4 + j of half r / 16; the nibble plane holds group g in
// the low (g even) or high (g odd) nibble of byte [g / 2][half][lane]; the byte plane in byte [g][half][lane]; a
// further bit in bit `lane` of the 64-bit word [g][half].
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

namespace hanok {

inline constexpr int kPanelRows = 32;
inline constexpr int kBlockCols = 32;
inline constexpr int kGroupBlocks = 8;  // blocks that a sweep unpacks at once, and blocks per group of K formats

struct PanelFormat {
  int bits;    // of a code
  int n_subs;  // sub-blocks with a scale of their own per block: 1 or 2
  bool is_k;   // scales are small integers times a factor per 256 columns
  bool has_min;
  bool is_table;  // 4-bit codes index the IQ4 values, +128
  int zero;
};

static inline bool panel_format_of(DType dtype, PanelFormat* format) {
  switch (dtype) {
    case DType::kQ4_0:
      *format = {4, 1, false, false, false, 8};
      return true;
    case DType::kQ4_1:
      *format = {4, 1, false, true, false, 0};
      return true;
    case DType::kQ5_0:
      *format = {5, 1, false, false, false, 16};
      return true;
    case DType::kQ5_1:
      *format = {5, 1, false, true, false, 0};
      return true;
    case DType::kQ8_0:
      *format = {8, 1, false, false, false, 128};
      return true;
    case DType::kQ2_K:
      *format = {2, 2, true, true, false, 0};
      return true;
    case DType::kQ3_K:
      *format = {3, 2, true, false, false, 4};
      return true;
    case DType::kQ4_K:
      *format = {4, 1, true, true, false, 0};
      return true;
    case DType::kQ5_K:
      *format = {5, 1, true, true, false, 0};
      return true;
    case DType::kQ6_K:
      *format = {6, 2, true, false, false, 32};
      return true;
    case DType::kIQ4_NL:
      *format = {4, 1, false, false, true, 128};
      return true;
    case DType::kIQ4_XS:
      *format = {4, 1, true, false, true, 128};
      return true;
    default:
      return false;
  }
}

static inline size_t block_code_bytes(const PanelFormat& f) {
  if (f.bits == 8) return 1024;
  return (f.bits >= 4 ? 512u + static_cast<size_t>(f.bits - 4) * 128 : static_cast<size_t>(f.bits) * 128);
}
static inline size_t group_blocks(const PanelFormat& f) {
  return f.is_k ? kGroupBlocks : 1;
}
static inline size_t group_header_bytes(const PanelFormat& f) {
  const size_t factors = f.has_min ? 128 : 64;
  const size_t scales = f.is_k ? static_cast<size_t>(kGroupBlocks * f.n_subs * kPanelRows) : 0;
  return factors + scales * (f.has_min ? 2 : 1);
}
static inline size_t group_bytes(const PanelFormat& f) {
  return group_header_bytes(f) + group_blocks(f) * block_code_bytes(f);
}
// Bytes of one panel; n_cols is a multiple of 32 (of 256 for K formats).
static inline size_t panel_bytes(const PanelFormat& f, int64_t n_cols) {
  return static_cast<size_t>(n_cols / kBlockCols) / group_blocks(f) * group_bytes(f);
}

}  // namespace hanok
