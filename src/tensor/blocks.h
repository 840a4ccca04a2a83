// The on-disk block formats of GGUF's quantised types, exactly as they lie in a file (little-endian).
// w = value of one element; codes are unsigned unless said; low nibbles come first within a half as noted.
#pragma once

#include <cstdint>

namespace hanok {

using f16_bits = uint16_t;  // IEEE binary16, as bits

// 32 elements: w[j] = d * (code - 8); element j in the low nibble of qs[j], element j + 16 in its high nibble.
struct BlockQ4_0 {
  f16_bits d;
  uint8_t qs[16];
};
static_assert(sizeof(BlockQ4_0) == 18);

// As Q4_0, but w = d * code + m.
struct BlockQ4_1 {
  f16_bits d, m;
  uint8_t qs[16];
};
static_assert(sizeof(BlockQ4_1) == 20);

// 32 elements: w = d * (code - 16), code = nibble | (bit j of qh) << 4.
struct BlockQ5_0 {
  f16_bits d;
  uint8_t qh[4];
  uint8_t qs[16];
};
static_assert(sizeof(BlockQ5_0) == 22);

// As Q5_0, but w = d * code + m.
struct BlockQ5_1 {
  f16_bits d, m;
  uint8_t qh[4];
  uint8_t qs[16];
};
static_assert(sizeof(BlockQ5_1) == 24);

// 32 elements: w = d * qs (signed).
struct BlockQ8_0 {
  f16_bits d;
  int8_t qs[32];
};
static_assert(sizeof(BlockQ8_0) == 34);

// 256 elements, 16 sub-blocks of 16: w = d * (scales & 15) * code - dmin * (scales >> 4); 2-bit codes:
// element 128h + 32s + l (h < 2, s < 4, l < 32) in bits 2s of qs[32h + l].
struct BlockQ2_K {
  uint8_t scales[16];
  uint8_t qs[64];
  f16_bits d, dmin;
};
static_assert(sizeof(BlockQ2_K) == 84);

// 256 elements, 16 sub-blocks of 16 with signed 6-bit scales: w = d * (scale - 32) * (code - (high bit set ? 0 : 4));
// codes as in Q2_K, high bit of element 32s + l (s < 8) in bit s of hmask[l].
struct BlockQ3_K {
  uint8_t hmask[32];
  uint8_t qs[64];
  uint8_t scales[12];
  f16_bits d;
};
static_assert(sizeof(BlockQ3_K) == 110);

// 256 elements, 8 sub-blocks of 32 with 6-bit scale and minimum packed in 12 bytes: w = d * scale * code - dmin * min;
// element 64c + l (l < 32) in the low nibble of qs[32c + l], element 64c + 32 + l in its high nibble.
struct BlockQ4_K {
  f16_bits d, dmin;
  uint8_t scales[12];
  uint8_t qs[128];
};
static_assert(sizeof(BlockQ4_K) == 144);

// As Q4_K with a fifth bit: element 32s + l takes bit s of qh[l].
struct BlockQ5_K {
  f16_bits d, dmin;
  uint8_t scales[12];
  uint8_t qh[32];
  uint8_t qs[128];
};
static_assert(sizeof(BlockQ5_K) == 176);

// 256 elements, 16 sub-blocks of 16 with signed 8-bit scales: w = d * scale * (code - 32), 6-bit codes: in half h,
// element 32s + l has its low 4 bits in nibble s / 2 of ql[64h + 32(s & 1) + l] and bits 2s of qh[32h + l] above them.
struct BlockQ6_K {
  uint8_t ql[128];
  uint8_t qh[64];
  int8_t scales[16];
  f16_bits d;
};
static_assert(sizeof(BlockQ6_K) == 210);

// 32 elements as in Q4_0, but the nibble indexes a table of 16 signed values.
struct BlockIQ4_NL {
  f16_bits d;
  uint8_t qs[16];
};
static_assert(sizeof(BlockIQ4_NL) == 18);

// 256 elements, 8 sub-blocks of 32 with 6-bit scales (4 low bits in scales_l, 2 high bits in scales_h):
// w = d * (scale - 32) * table[nibble]; nibbles of sub-block s as in Q4_0 at qs[16s].
struct BlockIQ4_XS {
  f16_bits d;
  uint16_t scales_h;
  uint8_t scales_l[4];
  uint8_t qs[128];
};
static_assert(sizeof(BlockIQ4_XS) == 136);

}  // namespace hanok
