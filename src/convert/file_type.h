// What a quantised file is called (Q4_K_M) and which type each of its tensors takes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tensor/tensor_view.h"

namespace hanok {

struct FileType {
  std::string_view name;
  DType base;        // of most weights
  uint32_t gguf_id;  // general.file_type
  bool mixed;        // half of attn_v and ffn_down take Q6_K ("M")
};

std::span<const FileType> file_types();
const FileType* find_file_type(std::string_view name);  // any case; null when unknown

// Facts of the model that the mix depends on.
struct MixFacts {
  std::string architecture;  // GGUF's
  int64_t n_layers = 0, n_heads = 0, n_kv_heads = 0;
  bool tied = false;  // no output tensor: the embedding is the head as well
};

// The type llama.cpp's quantize tool gives the tensor `name` (GGUF's) of this shape, so that files of the same name
// are alike. Vectors and norms stay as they are (nullopt); the head takes Q6_K; rows that are not whole blocks of 256
// take Q5_0, Q5_1 or Q8_0 in place of Q4_K, Q5_K or Q6_K, and rows not of whole blocks of 32 take F16.
std::optional<DType> tensor_type(const FileType& file_type, const MixFacts& facts, std::string_view name,
                                 const Shape& shape);

}  // namespace hanok
