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
  const int d = shape_.head_dim;
  for_rows(ctx, n, 2 * shape_.n_kv_heads * d, [&](int64_t first, int64_t last) {
    for (int64_t t = first; t < last; ++t) {
      const int64_t pos = first_pos + t, slot = pos % kKvBlockTokens;
      for (int h = 0; h < shape_.n_kv_heads; ++h) {
        for (const bool values : {false, true}) {
          const float* x = (values ? v : k) + (t * shape_.n_kv_heads + h) * d;
          uint8_t* base = at(pos / kKvBlockTokens, layer_idx, h, values);
          uint8_t* row = base + static_cast<size_t>(slot * d) * elem_bytes(type_);
          if (type_ == KvType::kF32) {
            std::memcpy(row, x, sizeof(float) * static_cast<size_t>(d));
          } else if (type_ == KvType::kF16) {
            ctx.kernels.vec.f32_to_f16(x, d, reinterpret_cast<uint16_t*>(row));
          } else {
            const float scale = quantize_head(x, d, reinterpret_cast<int8_t*>(row));
            std::memcpy(base + kKvBlockTokens * d + slot * 4, &scale, 4);
          }
        }
      }
    }
  });
}

void KvCache::truncate(int64_t n_tokens) {
  HANOK_CHECK(n_tokens >= 0 && n_tokens <= n_tokens_, "a cache can only be shortened");
  n_tokens_ = n_tokens;
  blocks_.resize(static_cast<size_t>((n_tokens + kKvBlockTokens - 1) / kKvBlockTokens));
}

void KvCache::read(const ExecContext& ctx, int layer_idx, int kv_head, int64_t block_idx, int64_t n_keys, bool values,
                   float* out) const {
  const uint8_t* base = at(block_idx, layer_idx, kv_head, values);
  const int64_t d = shape_.head_dim;
  if (type_ == KvType::kF32) {
    std::memcpy(out, base, sizeof(float) * static_cast<size_t>(n_keys * d));
  } else if (type_ == KvType::kF16) {
    ctx.kernels.vec.f16_to_f32(reinterpret_cast<const uint16_t*>(base), n_keys * d, out);
  } else {
    const auto* codes = reinterpret_cast<const int8_t*>(base);
    for (int64_t j = 0; j < n_keys; ++j) {
      float scale;
      std::memcpy(&scale, base + kKvBlockTokens * d + j * 4, 4);
      for (int64_t i = 0; i < d; ++i) out[j * d + i] = scale * static_cast<float>(codes[j * d + i]);
    }
  }
}

}  // namespace hanok
