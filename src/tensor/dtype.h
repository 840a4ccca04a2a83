// Element types of tensors, with GGUF's type ids and block geometry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hanok {

// Values are GGUF's (ggml) type ids, so that a file's id is a cast away once it is known to be listed here.
enum class DType : uint8_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kIQ4_NL = 20,
  kIQ4_XS = 23,
  kI8 = 24,
  kI16 = 25,
  kI32 = 26,
  kI64 = 27,
  kF64 = 28,
  kBF16 = 30,
};

struct DTypeInfo {
  DType dtype;
  std::string_view name;  // GGUF's spelling: "Q4_K"
  int block_elems;        // elements per block; 1 for plain types
  int block_bytes;
};

const DTypeInfo& dtype_info(DType dtype);
std::optional<DType> dtype_from_gguf_id(uint32_t id);
std::optional<DType> dtype_from_name(std::string_view name);  // GGUF's spelling, any case

inline std::string_view dtype_name(DType dtype) {
  return dtype_info(dtype).name;
}
// Bytes of a row of n_cols elements; n_cols must be a multiple of the block.
inline size_t row_bytes(DType dtype, int64_t n_cols) {
  const DTypeInfo& info = dtype_info(dtype);
  return static_cast<size_t>(n_cols / info.block_elems) * static_cast<size_t>(info.block_bytes);
}
// True for the block formats that the integer matrix kernels take (Q*, IQ*).
inline bool is_quantized(DType dtype) {
  return dtype_info(dtype).block_elems > 1;
}

}  // namespace hanok
