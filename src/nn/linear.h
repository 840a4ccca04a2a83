// The two layers that hold most of a model's weights, over any weight type: the type is data.
#pragma once

#include <span>
#include <vector>

#include "ops/context.h"
#include "ops/matmul.h"
#include "tensor/tensor_view.h"

namespace hanok {

// y = x W^T + b
struct Linear {
  PackedMatrix weight;      // [n_out, n_in]
  std::vector<float> bias;  // [n_out], or empty

  int64_t n_out() const { return weight.n_out(); }
  // x: [n_tokens, n_in], y: [n_tokens, n_out].
  void apply(const ExecContext& ctx, const float* x, int64_t n_tokens, float* y) const;
  // The same with x quantised already, for a weight that takes_integers().
  void apply(const ExecContext& ctx, const Activations& x, int64_t n_tokens, float* y) const;
};

// A table of one row per token. It stays in the mapped file, whose pages are let go once their rows are read: the
// kernel maps 64 KiB around each row, and a table that is the head too is in memory already, packed.
struct Embedding {
  TensorView table;  // [vocab, hidden], of a mapped file

  // out[i] = row ids[i] as f32. out: [ids.size(), hidden].
  void rows(const ExecContext& ctx, std::span<const int32_t> ids, float* out) const;
};

// Several layers on the same input, whose activations are prepared once.
void apply_joint(const ExecContext& ctx, std::span<const Linear* const> layers, const NormedRows& x, int64_t n_tokens,
                 std::span<float* const> ys);

}  // namespace hanok
