// Packing: from a format's blocks to panels of 32 rows.
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/aligned_buffer.h"
#include "base/f16.h"
#include "kernels/dequantize.h"
#include "ops/matmul.h"
#include "tensor/blocks.h"

namespace hanok {
namespace {

// One row's block or super-block taken apart: unsigned codes, and scales as they will be stored.
struct Parts {
  uint8_t codes[256];
  uint8_t scales[16], mins[16];  // K formats
  f16_bits d, m;
};

template <class Block>
Block load(const std::byte* at) {
  Block block;
  std::memcpy(&block, at, sizeof block);
  return block;
}

void nibbles(const uint8_t* qs, int n, uint8_t* low, uint8_t* high) {
  for (int i = 0; i < n; ++i) {
    low[i] = qs[i] & 15;
    high[i] = qs[i] >> 4;
  }
}

f16_bits negated(f16_bits value) {
  return static_cast<f16_bits>(value ^ 0x8000);
}

template <class Block>
void fifth_bits(const Block& b, uint8_t* codes) {
  for (int j = 0; j < 32; ++j) codes[j] = static_cast<uint8_t>(codes[j] | (((b.qh[j / 8] >> (j % 8)) & 1) << 4));
}

void take_low_bits(const uint8_t* qs, uint8_t* codes) {  // 2-bit codes of Q2_K and Q3_K
  for (int half = 0; half < 2; ++half)
    for (int s = 0; s < 4; ++s)
      for (int l = 0; l < 32; ++l) codes[128 * half + 32 * s + l] = (qs[32 * half + l] >> (2 * s)) & 3;
}

void take_nibbles_k(const uint8_t* qs, uint8_t* codes) {  // 4-bit codes of Q4_K and Q5_K
  for (int c = 0; c < 4; ++c) nibbles(qs + 32 * c, 32, codes + 64 * c, codes + 64 * c + 32);
}

void take(const BlockQ4_0& b, Parts& p) {  // IQ4_NL's blocks too
  p.d = b.d;
  nibbles(b.qs, 16, p.codes, p.codes + 16);
}

void take(const BlockQ4_1& b, Parts& p) {
  p.d = b.d, p.m = negated(b.m);
  nibbles(b.qs, 16, p.codes, p.codes + 16);
}

void take(const BlockQ5_0& b, Parts& p) {
  p.d = b.d;
  nibbles(b.qs, 16, p.codes, p.codes + 16);
  fifth_bits(b, p.codes);
}

void take(const BlockQ5_1& b, Parts& p) {
  p.d = b.d, p.m = negated(b.m);
  nibbles(b.qs, 16, p.codes, p.codes + 16);
  fifth_bits(b, p.codes);
}

void take(const BlockQ8_0& b, Parts& p) {
  p.d = b.d;
  for (int j = 0; j < 32; ++j) p.codes[j] = static_cast<uint8_t>(b.qs[j] + 128);
}

void take(const BlockQ2_K& b, Parts& p) {
  p.d = b.d, p.m = b.dmin;
  nibbles(b.scales, 16, p.scales, p.mins);
  take_low_bits(b.qs, p.codes);
}

void take(const BlockQ3_K& b, Parts& p) {
  p.d = b.d;
  unpack_scales_q3(b.scales, p.scales);
  for (uint8_t& scale : p.scales) scale = static_cast<uint8_t>(scale - 32);
  take_low_bits(b.qs, p.codes);
  for (int j = 0; j < 256; ++j)
    p.codes[j] = static_cast<uint8_t>(p.codes[j] | (((b.hmask[j % 32] >> (j / 32)) & 1) << 2));
}

void take(const BlockQ4_K& b, Parts& p) {
  p.d = b.d, p.m = b.dmin;
  unpack_scales_k4(b.scales, p.scales, p.mins);
  take_nibbles_k(b.qs, p.codes);
}

void take(const BlockQ5_K& b, Parts& p) {
  p.d = b.d, p.m = b.dmin;
  unpack_scales_k4(b.scales, p.scales, p.mins);
  take_nibbles_k(b.qs, p.codes);
  for (int s = 0; s < 8; ++s)
    for (int l = 0; l < 32; ++l)
      p.codes[32 * s + l] = static_cast<uint8_t>(p.codes[32 * s + l] | (((b.qh[l] >> s) & 1) << 4));
}

void take(const BlockQ6_K& b, Parts& p) {
  p.d = b.d;
  std::memcpy(p.scales, b.scales, 16);
  for (int half = 0; half < 2; ++half) {
    nibbles(b.ql + 64 * half, 64, p.codes + 128 * half, p.codes + 128 * half + 64);
    for (int s = 0; s < 4; ++s)
      for (int l = 0; l < 32; ++l) {
        uint8_t& code = p.codes[128 * half + 32 * s + l];
        code = static_cast<uint8_t>(code | (((b.qh[32 * half + l] >> (2 * s)) & 3) << 4));
      }
  }
}

void take(const BlockIQ4_XS& b, Parts& p) {
  p.d = b.d;
  for (int s = 0; s < 8; ++s) {
    const int low = (b.scales_l[s / 2] >> (4 * (s % 2))) & 15, high = (b.scales_h >> (2 * s)) & 3;
    p.scales[s] = static_cast<uint8_t>((low | (high << 4)) - 32);
    nibbles(b.qs + 16 * s, 16, p.codes + 32 * s, p.codes + 32 * s + 16);
  }
}

void take_apart(DType dtype, const std::byte* at, Parts& p) {
  switch (dtype) {
    case DType::kQ4_0:
    case DType::kIQ4_NL:
      return take(load<BlockQ4_0>(at), p);
    case DType::kQ4_1:
      return take(load<BlockQ4_1>(at), p);
    case DType::kQ5_0:
      return take(load<BlockQ5_0>(at), p);
    case DType::kQ5_1:
      return take(load<BlockQ5_1>(at), p);
    case DType::kQ8_0:
      return take(load<BlockQ8_0>(at), p);
    case DType::kQ2_K:
      return take(load<BlockQ2_K>(at), p);
    case DType::kQ3_K:
      return take(load<BlockQ3_K>(at), p);
    case DType::kQ4_K:
      return take(load<BlockQ4_K>(at), p);
    case DType::kQ5_K:
      return take(load<BlockQ5_K>(at), p);
    case DType::kQ6_K:
      return take(load<BlockQ6_K>(at), p);
    case DType::kIQ4_XS:
      return take(load<BlockIQ4_XS>(at), p);
    default:
      return;
  }
}

uint32_t load4(const uint8_t* at) {
  uint32_t word;
  std::memcpy(&word, at, 4);
  return word;
}

// Puts bits [shift, shift + width) of one row's 32 codes into its lanes of a plane.
void place_plane(const uint8_t* codes, int row, int width, int shift, uint8_t* plane) {
  const int half = row / 16, lane = (row % 16) * 4, per_part = 8 / width;
  const uint32_t mask = 0x01010101u * ((1u << width) - 1);
  for (int part = 0; part < width; ++part) {
    uint32_t word = 0;
    for (int i = 0; i < per_part; ++i) {
      word |= ((load4(codes + 4 * (part * per_part + i)) >> shift) & mask) << (width * i);
    }
    std::memcpy(plane + (part * 2 + half) * 64 + lane, &word, 4);
  }
}

// Puts 32 codes of one row into its block of the panel.
void place_codes(const PanelFormat& f, const uint8_t* codes, int row, uint8_t* block) {
  place_plane(codes, row, low_width(f), 0, block);
  if (high_width(f) > 0) place_plane(codes, row, high_width(f), low_width(f), block + low_width(f) * 128);
}

void pack_quantized(const TensorView& weight, const PanelFormat& f, int64_t panel_idx, uint8_t* out) {
  const int64_t first = panel_idx * kPanelRows, n_cols = weight.shape.n_cols();
  const int n_blocks = static_cast<int>(group_blocks(f)), n_scales = kGroupBlocks * f.n_subs;
  const auto block_bytes = static_cast<size_t>(dtype_info(weight.dtype).block_bytes);
  const int64_t n_groups = n_cols / (n_blocks * kBlockCols);
  for (int r = 0; r < kPanelRows; ++r) {
    const bool real = first + r < weight.shape.n_rows();
    Parts parts{};
    for (int64_t g = 0; g < n_groups; ++g) {
      if (real) take_apart(weight.dtype, weight.row(first + r) + static_cast<size_t>(g) * block_bytes, parts);
      uint8_t* group = out + static_cast<size_t>(g) * group_bytes(f);
      std::memcpy(group + 2 * r, &parts.d, 2);
      if (f.has_min) std::memcpy(group + 64 + 2 * r, &parts.m, 2);
      uint8_t* scales = group + (f.has_min ? 128 : 64);
      for (int s = 0; f.is_k && s < n_scales; ++s) {
        scales[s * kPanelRows + r] = parts.scales[s];
        if (f.has_min) scales[(n_scales + s) * kPanelRows + r] = parts.mins[s];
      }
      for (int b = 0; b < n_blocks; ++b) {
        place_codes(f, parts.codes + b * kBlockCols, r,
                    group + group_header_bytes(f) + static_cast<size_t>(b) * block_code_bytes(f));
      }
    }
  }
}

// [n_in][32 rows] in the weight's own type; rows beyond the last are zero.
void pack_floats(const TensorView& weight, int64_t panel_idx, size_t elem_bytes, uint8_t* out) {
  const int64_t first = panel_idx * kPanelRows, n_cols = weight.shape.n_cols();
  for (int r = 0; r < kPanelRows; ++r) {
    const bool real = first + r < weight.shape.n_rows();
    const std::byte* row = real ? weight.row(first + r) : nullptr;
    for (int64_t k = 0; k < n_cols; ++k) {
      uint8_t* at = out + (static_cast<size_t>(k) * kPanelRows + static_cast<size_t>(r)) * elem_bytes;
      if (real)
        std::memcpy(at, row + static_cast<size_t>(k) * elem_bytes, elem_bytes);
      else
        std::memset(at, 0, elem_bytes);
    }
  }
}

}  // namespace

Result<PackedMatrix> PackedMatrix::of(DType dtype, const Shape& shape) {
  PackedMatrix matrix;
  matrix.dtype_ = dtype;
  matrix.n_out_ = shape.n_rows();
  matrix.n_in_ = shape.n_cols();
  matrix.format_ = panel_format_of(dtype);
  const bool quantized = matrix.format_.bits > 0;
  const DTypeInfo& info = dtype_info(dtype);
  if (!quantized && dtype != DType::kF32 && dtype != DType::kF16 && dtype != DType::kBF16) {
    return fail(ErrorKind::kUnsupported, "not a weight type", "", "a float or quantised type", std::string(info.name));
  }
  if (matrix.n_in_ % info.block_elems != 0) {
    return fail(ErrorKind::kCorruptFile, "columns are not whole blocks", "",
                fmt::format("a multiple of {}", info.block_elems), fmt::format("{}", matrix.n_in_));
  }
  matrix.panel_bytes_ = quantized
                            ? panel_bytes(matrix.format_, matrix.n_in_)
                            : static_cast<size_t>(matrix.n_in_) * kPanelRows * static_cast<size_t>(info.block_bytes);
  return matrix;
}

Result<size_t> PackedMatrix::bytes_for(DType dtype, const Shape& shape) {
  HANOK_TRY(const PackedMatrix matrix, of(dtype, shape));
  return matrix.n_bytes();
}

Result<PackedMatrix> PackedMatrix::packed(DType dtype, const Shape& shape, PanelMemory panels) {
  HANOK_TRY(PackedMatrix matrix, of(dtype, shape));
  matrix.panels_ = std::move(panels);
  return matrix;
}

Result<PackedMatrix> PackedMatrix::pack(const ExecContext& ctx, const TensorView& weight,
                                        const std::function<void(std::span<const std::byte>)>& done, PanelMemory room) {
  HANOK_TRY(PackedMatrix matrix, of(weight.dtype, weight.shape));
  const auto elem_bytes = static_cast<size_t>(dtype_info(weight.dtype).block_bytes);
  if (room.bytes == nullptr) {
    const auto memory = std::make_shared<AlignedBuffer<uint8_t>>(matrix.n_bytes());
    room = {memory, memory->data()};
  }
  matrix.panels_ = std::move(room);
  // A few MB of panels are one piece of work, so that what is done can be let go in few steps.
  const int64_t per_piece = std::max<int64_t>(1, static_cast<int64_t>((size_t{2} << 20) / matrix.panel_bytes_));
  const int64_t n_rows = weight.shape.n_rows();
  ctx.pool.run((matrix.n_panels() + per_piece - 1) / per_piece, [&](int64_t piece, int) {
    const int64_t first = piece * per_piece, last = std::min(matrix.n_panels(), first + per_piece);
    for (int64_t panel_idx = first; panel_idx < last; ++panel_idx) {
      uint8_t* out = matrix.panels_.bytes + static_cast<size_t>(panel_idx) * matrix.panel_bytes_;
      if (matrix.format_.bits > 0)
        pack_quantized(weight, matrix.format_, panel_idx, out);
      else
        pack_floats(weight, panel_idx, elem_bytes, out);
    }
    if (!done) return;
    const std::byte* begin = weight.row(first * kPanelRows);
    const int64_t end_row = std::min(n_rows, last * kPanelRows);
    const std::byte* end = end_row == n_rows ? weight.data + weight.n_bytes() : weight.row(end_row);
    done({begin, static_cast<size_t>(end - begin)});
  });
  return matrix;
}

}  // namespace hanok
