// The keys and values of one sequence in blocks of 64 positions, allocated as they are needed, eight at a time: most
// blocks are smaller than a huge page.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/aligned_buffer.h"
#include "ops/context.h"

namespace hanok {

class KvCache {
 public:
  struct Shape {
    int n_layers = 0, n_kv_heads = 0, head_dim = 0;
  };
  KvCache(Shape shape, KvType type, int64_t capacity_tokens);

  const Shape& shape() const { return shape_; }
  KvType type() const { return type_; }
  int64_t n_tokens() const { return n_tokens_; }
  int64_t capacity() const { return capacity_; }
  size_t n_bytes() const;  // of the blocks in use
  static size_t bytes_for(Shape shape, KvType type, int64_t n_tokens);

  // Stores k and v [n, n_kv_heads, head_dim] of positions first_pos ... of one layer; advance() once all layers are
  // written.
  void write(const ExecContext& ctx, int layer_idx, int64_t first_pos, int64_t n, const float* k, const float* v);
  void advance(int64_t n) { n_tokens_ += n; }
  // Forgets all but the first n_tokens.
  void truncate(int64_t n_tokens);

  // One head's keys and values of positions 64 * block_idx ...
  KvBlock block(int layer_idx, int kv_head, int64_t block_idx) const;

 private:
  void reserve(int64_t n_tokens);
  uint8_t* keys_at(int64_t block_idx, int layer_idx, int kv_head) const;
  uint8_t* values_at(int64_t block_idx, int layer_idx, int kv_head) const;
  void store_first_keys(int layer_idx, int64_t block_idx, const float* k);
  void store_q8(int64_t slot, uint8_t* keys, uint8_t* values, const float* k, const float* v) const;
  void store_position(const ExecContext& ctx, int layer_idx, int kv_head, int64_t pos, const float* k, const float* v);

  Shape shape_;
  KvType type_;
  int64_t capacity_, n_tokens_ = 0;
  int64_t n_blocks_ = 0;
  std::vector<AlignedBuffer<uint8_t>> slabs_;
};

}  // namespace hanok
