#include "ops/kv_cache.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/f16.h"
#include "ops/rows.h"

namespace hanok {
namespace {

constexpr int64_t kSlabBlocks = 8;
constexpr float kLargestHalf = 65504;

int64_t blocks_for(int64_t n_tokens) {
  return (n_tokens + kKvBlockTokens - 1) / kKvBlockTokens;
}

size_t elem_bytes(KvType type) {
  return type == KvType::kF32 ? 4 : type == KvType::kF16 ? 2 : 1;
}

// Parts of one head's keys or values of a block, one after the other, each a multiple of 64 bytes.
struct Q8Layout {
  size_t codes, first_key, key_scales, value_scales;

  explicit Q8Layout(int64_t head_dim)
      : codes(static_cast<size_t>(kKvBlockTokens * head_dim)),
        first_key(static_cast<size_t>((head_dim + 15) / 16) * 16 * sizeof(float)),
        key_scales(static_cast<size_t>(kKvBlockTokens * n_key_scales(head_dim)) * sizeof(uint16_t)),
        value_scales(static_cast<size_t>(kKvBlockTokens * n_value_scales(head_dim)) * sizeof(float)) {}
  size_t key_bytes() const { return codes + first_key + key_scales; }
  size_t value_bytes() const { return codes + value_scales; }
};

size_t key_bytes(const KvCache::Shape& shape, KvType type) {
  if (type == KvType::kQ8) return Q8Layout(shape.head_dim).key_bytes();
  return static_cast<size_t>(kKvBlockTokens * shape.head_dim) * elem_bytes(type);
}

size_t value_bytes(const KvCache::Shape& shape, KvType type) {
  if (type == KvType::kQ8) return Q8Layout(shape.head_dim).value_bytes();
  return static_cast<size_t>(kKvBlockTokens * shape.head_dim) * elem_bytes(type);
}

// NaN where an element is no finite number.
float largest_of(const float* x, int n) {
  float largest = 0, none = 0;
  for (int i = 0; i < n; ++i) {
    largest = std::max(largest, std::fabs(x[i]));
    none += 0 * x[i];
  }
  return largest + none;
}

// Where the scale is no number the codes do not matter, but must not be zero.
void quantize(const float* x, int n, float scale, int8_t* codes) {
  const bool is_finite = std::isfinite(scale);
  const float inverse = scale > 0 && is_finite ? 1 / scale : 0.0f;
  for (int i = 0; i < n; ++i)
    codes[i] = is_finite ? static_cast<int8_t>(std::clamp(std::nearbyint(x[i] * inverse), -127.0f, 127.0f)) : int8_t{1};
}

// Finite values beyond the range of half floats become its largest: infinite ones would make the sums of their whole
// block NaN, even those of queries that they are hidden from.
void to_halfs(const ExecContext& ctx, const float* x, int n, uint16_t* out) {
  thread_local std::vector<float> within;
  within.resize(static_cast<size_t>(n));
  for (int i = 0; i < n; ++i)
    within[static_cast<size_t>(i)] = std::isinf(x[i]) ? x[i] : std::clamp(x[i], -kLargestHalf, kLargestHalf);
  ctx.kernels.vec.f32_to_f16(within.data(), n, out);
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

size_t KvCache::bytes_for(Shape shape, KvType type, int64_t n_tokens) {
  return static_cast<size_t>(blocks_for(n_tokens)) * static_cast<size_t>(shape.n_layers) *
         static_cast<size_t>(shape.n_kv_heads) * (key_bytes(shape, type) + value_bytes(shape, type));
}

size_t KvCache::n_bytes() const {
  return bytes_for(shape_, type_, n_blocks_ * kKvBlockTokens);
}

// A slab's pages come into memory as its blocks are written.
void KvCache::reserve(int64_t n_tokens) {
  n_blocks_ = std::max(n_blocks_, blocks_for(n_tokens));
  const size_t block_bytes = bytes_for(shape_, type_, kKvBlockTokens);
  for (auto n = static_cast<int64_t>(slabs_.size()); n * kSlabBlocks < n_blocks_; ++n)
    slabs_.emplace_back(static_cast<size_t>(std::min(kSlabBlocks, blocks_for(capacity_) - n * kSlabBlocks)) *
                        block_bytes);
}

uint8_t* KvCache::keys_at(int64_t block_idx, int layer_idx, int kv_head) const {
  const int64_t n_heads = int64_t{shape_.n_layers} * shape_.n_kv_heads;
  const auto index = static_cast<size_t>(block_idx % kSlabBlocks * n_heads + layer_idx * shape_.n_kv_heads + kv_head);
  return const_cast<uint8_t*>(slabs_[static_cast<size_t>(block_idx / kSlabBlocks)].data()) +
         index * (key_bytes(shape_, type_) + value_bytes(shape_, type_));
}

uint8_t* KvCache::values_at(int64_t block_idx, int layer_idx, int kv_head) const {
  return keys_at(block_idx, layer_idx, kv_head) + key_bytes(shape_, type_);
}

void KvCache::write(const ExecContext& ctx, int layer_idx, int64_t first_pos, int64_t n, const float* k,
                    const float* v) {
  HANOK_CHECK(first_pos + n <= capacity_, "positions beyond the cache");
  reserve(first_pos + n);
  const int width = shape_.n_kv_heads * shape_.head_dim;
  if (type_ == KvType::kQ8)  // what the other keys of their blocks are coded against comes first
    for (int64_t pos = (first_pos + kKvBlockTokens - 1) / kKvBlockTokens * kKvBlockTokens; pos < first_pos + n;
         pos += kKvBlockTokens)
      store_first_keys(layer_idx, pos / kKvBlockTokens, k + (pos - first_pos) * width);
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
  uint8_t *keys = keys_at(block_idx, layer_idx, kv_head), *values = values_at(block_idx, layer_idx, kv_head);
  const int d = shape_.head_dim;
  if (type_ == KvType::kF32) {
    scatter(k, d, slot, keys);
    std::memcpy(values + static_cast<size_t>(slot * d) * sizeof(float), v, sizeof(float) * static_cast<size_t>(d));
  } else if (type_ == KvType::kF16) {
    thread_local std::vector<uint16_t> halfs;
    halfs.resize(static_cast<size_t>(d));
    to_halfs(ctx, k, d, halfs.data());
    scatter(halfs.data(), d, slot, keys);
    to_halfs(ctx, v, d, reinterpret_cast<uint16_t*>(values) + slot * d);
  } else {
    store_q8(slot, keys, values, k, v);
  }
}

void KvCache::store_first_keys(int layer_idx, int64_t block_idx, const float* k) {
  for (int h = 0; h < shape_.n_kv_heads; ++h)
    std::memcpy(keys_at(block_idx, layer_idx, h) + Q8Layout(shape_.head_dim).codes, k + h * shape_.head_dim,
                sizeof(float) * static_cast<size_t>(shape_.head_dim));
}

void KvCache::store_q8(int64_t slot, uint8_t* keys, uint8_t* values, const float* k, const float* v) const {
  const int d = shape_.head_dim;
  const Q8Layout layout(d);
  const auto* first_key = reinterpret_cast<const float*>(keys + layout.codes);
  auto* key_scales = reinterpret_cast<uint16_t*>(keys + layout.codes + layout.first_key);
  thread_local std::vector<float> rest;
  thread_local std::vector<int8_t> codes;
  rest.resize(static_cast<size_t>(d));
  codes.resize(static_cast<size_t>(d));
  for (int i = 0; i < d; ++i) rest[static_cast<size_t>(i)] = k[i] - first_key[i];
  for (int i = 0; i < d; i += kKeyScaleDims) {
    const int n = std::min(kKeyScaleDims, d - i);
    const float largest = largest_of(rest.data() + i, n);
    const uint16_t scale = f32_to_f16(std::isfinite(largest) ? std::min(largest / 127.0f, kLargestHalf) : largest);
    key_scales[i / kKeyScaleDims * kKvBlockTokens + slot] = scale;
    quantize(rest.data() + i, n, f16_to_f32(scale), codes.data() + i);
  }
  scatter(codes.data(), d, slot, keys);
  auto* value_codes = reinterpret_cast<int8_t*>(values) + slot * d;
  auto* value_scales = reinterpret_cast<float*>(values + layout.codes) + slot * n_value_scales(d);
  for (int i = 0; i < d; i += kValueScaleDims) {
    const int n = std::min(kValueScaleDims, d - i);
    value_scales[i / kValueScaleDims] = largest_of(v + i, n) / 127.0f;
    quantize(v + i, n, value_scales[i / kValueScaleDims], value_codes + i);
  }
}

void KvCache::truncate(int64_t n_tokens) {
  HANOK_CHECK(n_tokens >= 0 && n_tokens <= n_tokens_, "a cache can only be shortened");
  n_tokens_ = n_tokens;
  n_blocks_ = blocks_for(n_tokens);
  slabs_.resize(static_cast<size_t>((n_blocks_ + kSlabBlocks - 1) / kSlabBlocks));
}

KvBlock KvCache::block(int layer_idx, int kv_head, int64_t block_idx) const {
  const uint8_t *keys = keys_at(block_idx, layer_idx, kv_head), *values = values_at(block_idx, layer_idx, kv_head);
  KvBlock block{type_, keys, values};
  if (type_ == KvType::kQ8) {
    const Q8Layout layout(shape_.head_dim);
    block.first_key = reinterpret_cast<const float*>(keys + layout.codes);
    block.key_scales = reinterpret_cast<const uint16_t*>(keys + layout.codes + layout.first_key);
    block.value_scales = reinterpret_cast<const float*>(values + layout.codes);
  }
  return block;
}

}  // namespace hanok
