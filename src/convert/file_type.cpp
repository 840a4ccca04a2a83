#include "convert/file_type.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace hanok {
namespace {

constexpr FileType kFileTypes[] = {
    {"Q8_0", DType::kQ8_0, 7, false},    {"Q6_K", DType::kQ6_K, 18, false},  {"Q5_K_M", DType::kQ5_K, 17, true},
    {"Q5_K_S", DType::kQ5_K, 16, false}, {"Q4_K_M", DType::kQ4_K, 15, true}, {"Q5_0", DType::kQ5_0, 8, false},
    {"Q4_0", DType::kQ4_0, 2, false},    {"BF16", DType::kBF16, 32, false},  {"F16", DType::kF16, 1, false},
    {"F32", DType::kF32, 0, false},
};

// The index in "blk.<index>.", -1 for tensors outside the layers.
int64_t layer_of(std::string_view name) {
  int64_t layer_idx = -1;
  if (name.starts_with("blk.")) std::from_chars(name.data() + 4, name.data() + name.size(), layer_idx);
  return layer_idx;
}

// The first and the last eighth of the layers and every third between them.
bool takes_more_bits(int64_t layer_idx, int64_t n_layers) {
  return layer_idx < n_layers / 8 || layer_idx >= 7 * n_layers / 8 || (layer_idx - n_layers / 8) % 3 == 2;
}

DType that_fits(DType dtype, int64_t n_cols) {
  const auto fits = [&](DType type) { return n_cols % dtype_info(type).block_elems == 0; };
  if (fits(dtype)) return dtype;
  const DType smaller = dtype == DType::kQ4_K   ? DType::kQ5_0
                        : dtype == DType::kQ5_K ? DType::kQ5_1
                        : dtype == DType::kQ6_K ? DType::kQ8_0
                                                : dtype;
  return fits(smaller) ? smaller : DType::kF16;
}

DType head_type(DType base, int64_t n_cols) {
  if (n_cols % dtype_info(base).block_elems != 0 || base == DType::kQ8_0) return DType::kQ8_0;
  return DType::kQ6_K;
}

}  // namespace

std::span<const FileType> file_types() {
  return kFileTypes;
}

const FileType* find_file_type(std::string_view name) {
  const auto same = [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; };
  for (const FileType& type : kFileTypes)
    if (std::equal(name.begin(), name.end(), type.name.begin(), type.name.end(), same)) return &type;
  return nullptr;
}

std::optional<DType> tensor_type(const FileType& file_type, const MixFacts& facts, std::string_view name,
                                 const Shape& shape) {
  if (shape.rank < 2 || !name.ends_with("weight") || name.ends_with("_norm.weight")) return std::nullopt;
  const int64_t n_cols = shape.n_cols();
  DType dtype = file_type.base;
  if (!is_quantized(dtype)) return dtype;
  const bool is_head = name == "output.weight" || (facts.tied && name == "token_embd.weight");
  const bool is_value = name.find("attn_v.weight") != name.npos || name.find("attn_qkv.weight") != name.npos;
  if (is_head) return that_fits(head_type(dtype, n_cols), n_cols);
  if (file_type.mixed && (is_value || name.find("ffn_down") != name.npos) &&
      takes_more_bits(layer_of(name), facts.n_layers))
    dtype = DType::kQ6_K;
  // The 70B and 72B models, whose eight query heads share one small matrix of values.
  const bool is_70b = facts.n_layers == 80 && ((facts.architecture == "llama" && facts.n_heads != facts.n_kv_heads) ||
                                               facts.architecture == "qwen2");
  if (is_70b && is_value && dtype == DType::kQ4_K) dtype = DType::kQ5_K;
  return that_fits(dtype, n_cols);
}

}  // namespace hanok
