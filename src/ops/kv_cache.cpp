#include "ops/kv_cache.h"

#include <cmath>
#include <cstring>

#include "base/check.h"
#include "ops/rows.h"

namespace hanok {
namespace {

size_t elem_bytes(KvType type) {
  return type == KvType::kF32 ? 4 : type == KvType::kF16 ? 2 : 1;
}

size_t head_bytes(const KvCache::Shape& shape, KvType type) {
  const size_t codes = static_cast<size_t>(kKvBlockTokens * shape.head_dim) * elem_bytes(type);
  return type == KvType::kQ8 ? codes + kKvBlockTokens * sizeof(float) : codes;
}

// int8 codes of one position's head; returns the scale.
float quantize_head(const float* x, int n, int8_t* codes) {
  float largest = 0;
  for (int i = 0; i < n; ++i) largest = std::fmax(largest, std::fabs(x[i]));
  const float inverse = largest > 0 ? 127.0f / largest : 0.0f;
  for (int i = 0; i < n; ++i) codes[i] = static_cast<int8_t>(std::nearbyint(x[i] * inverse));
  return largest / 127.0f;
}

// Puts one position's elements into its column of the transposed keys [head_dim][64].
template <class Elem>
void scatter(const Elem* x, int n, int64_t slot, uint8_t* keys) {
  Elem* column = reinterpret_cast<Elem*>(keys) + slot;
  for (int i = 0; i < n; ++i) column[i * kKvBlockTokens] = x[i];
}

}  // namespace

KvCache::KvCache(Shape shape, KvType type, int64_t capacity_tokens)
    : shape_(shape), type_(type), capacity_(capacity_tokens) {}

size_t KvCache::head_block_bytes() const {
  return head_bytes(shape_, type_);
}

size_t KvCache::bytes_for(Shape shape, KvType type, int64_t n_tokens) {
  const auto n_blocks = static_cast<size_t>((n_tokens + kKvBlockTokens - 1) / kKvBlockTokens);
  return n_blocks * 2 * static_cast<size_t>(shape.n_layers) * static_cast<size_t>(shape.n_kv_heads) *
         head_bytes(shape, type);
}

size_t KvCache::n_bytes() const {
  return bytes_for(shape_, type_, static_cast<int64_t>(blocks_.size()) * kKvBlockTokens);
}

uint8_t* KvCache::at(int64_t block_idx, int layer_idx, int kv_head, bool values) const {
  const auto index = static_cast<size_t>((layer_idx * shape_.n_kv_heads + kv_head) * 2 + (values ? 1 : 0));
  return const_cast<uint8_t*>(blocks_[static_cast<size_t>(block_idx)].data()) + index * head_block_bytes();
}

void KvCache::write(const ExecContext& ctx, int layer_idx, int64_t first_pos, int64_t n, const float* k,
                    const float* v) {
  HANOK_CHECK(first_pos + n <= capacity_, "positions beyond the cache");
  while (static_cast<int64_t>(blocks_.size()) * kKvBlockTokens < first_pos + n)
    blocks_.emplace_back(bytes_for(shape_, type_, kKvBlockTokens));
  const int width = shape_.n_kv_heads * shape_.head_dim;
  for_rows(ctx, n, 2 * width, [&](int64_t first, int64_t last) {
    for (int64_t t = first; t < last; ++t)
      for (int h = 0; h < shape_.n_kv_heads; ++h)
        store_position(ctx, layer_idx, h, first_pos + t, k + t * width + h * shape_.head_dim,
                       v + t * width + h * shape_.head_dim);
  });
}

void KvCache::store_position(const ExecContext& ctx, int layer_idx, int kv_head, int64_t pos, const float* k,
                             const float* v) {
  const int64_t block_idx = pos / kKvBlockTokens, slot = pos % kKvBlockTokens;
  uint8_t *keys = at(block_idx, layer_idx, kv_head, false), *values = at(block_idx, layer_idx, kv_head, true);
  const int d = shape_.head_dim;
  if (type_ == KvType::kF32) {
    scatter(k, d, slot, keys);
    std::memcpy(values + static_cast<size_t>(slot * d) * sizeof(float), v, sizeof(float) * static_cast<size_t>(d));
  } else if (type_ == KvType::kF16) {
    thread_local std::vector<uint16_t> halfs;
    halfs.resize(static_cast<size_t>(d));
    ctx.kernels.vec.f32_to_f16(k, d, halfs.data());
    scatter(halfs.data(), d, slot, keys);
    ctx.kernels.vec.f32_to_f16(v, d, reinterpret_cast<uint16_t*>(values) + slot * d);
  } else {
    thread_local std::vector<int8_t> codes;
    codes.resize(static_cast<size_t>(d));
    const float key_scale = quantize_head(k, d, codes.data());
    scatter(codes.data(), d, slot, keys);
    const float value_scale = quantize_head(v, d, reinterpret_cast<int8_t*>(values) + slot * d);
    std::memcpy(keys + kKvBlockTokens * d + slot * 4, &key_scale, 4);
    std::memcpy(values + kKvBlockTokens * d + slot * 4, &value_scale, 4);
  }
}

void KvCache::truncate(int64_t n_tokens) {
  HANOK_CHECK(n_tokens >= 0 && n_tokens <= n_tokens_, "a cache can only be shortened");
  n_tokens_ = n_tokens;
  blocks_.resize(static_cast<size_t>((n_tokens + kKvBlockTokens - 1) / kKvBlockTokens));
}

KvBlock KvCache::block(int layer_idx, int kv_head, int64_t block_idx) const {
  const uint8_t *keys = at(block_idx, layer_idx, kv_head, false), *values = at(block_idx, layer_idx, kv_head, true);
  KvBlock block{type_, keys, values, nullptr, nullptr};
  if (type_ == KvType::kQ8) {
    block.key_scales = reinterpret_cast<const float*>(keys + kKvBlockTokens * shape_.head_dim);
    block.value_scales = reinterpret_cast<const float*>(values + kKvBlockTokens * shape_.head_dim);
  }
  return block;
}

}  // namespace hanok
