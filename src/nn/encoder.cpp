#include "nn/encoder.h"

#include <array>
#include <cmath>

#include "ops/elementwise.h"

namespace hanok {

void Encoder::embed(const ExecContext& ctx, const EncoderBatch& batch, Workspace& work) const {
  const auto n_tokens = static_cast<int64_t>(batch.tokens.size());
  float* x = work.states.data();
  words.rows(ctx, batch.tokens, x);
  std::vector<int32_t> ids(batch.tokens.size());
  for (const RowRange& sequence : batch.sequences)
    for (int64_t i = 0; i < sequence.n_rows; ++i)
      ids[static_cast<size_t>(sequence.first_row + i)] = static_cast<int32_t>(position_offset + i);
  get_rows(ctx, positions.table, ids, work.branch.data());
  add(ctx, x, work.branch.data(), n_tokens * hidden);
  if (n_types > 0) {
    ids.assign(batch.tokens.size(), 0);
    get_rows(ctx, types.table, batch.types.empty() ? std::span<const int32_t>(ids) : batch.types, work.branch.data());
    add(ctx, x, work.branch.data(), n_tokens * hidden);
  }
  embedding_norm.apply(ctx, x, n_tokens, x);
}

void Encoder::attend(const ExecContext& ctx, const EncoderLayer& layer, const EncoderBatch& batch,
                     Workspace& work) const {
  const auto n_tokens = static_cast<int64_t>(batch.tokens.size());
  const std::array<const Linear*, 3> projections{&layer.q_proj, &layer.k_proj, &layer.v_proj};
  const std::array<float*, 3> outputs{work.q.data(), work.k.data(), work.v.data()};
  apply_joint(ctx, projections, {work.states.data()}, n_tokens, outputs);
  encoder_attention(ctx, work.q.data(), work.k.data(), work.v.data(), {n_heads, head_dim}, batch.sequences,
                    1.0f / std::sqrt(static_cast<float>(head_dim)), work.attended.data());
  layer.o_proj.apply(ctx, work.attended.data(), n_tokens, work.branch.data());
  add(ctx, work.states.data(), work.branch.data(), n_tokens * hidden);
  layer.attention_norm.apply(ctx, work.states.data(), n_tokens, work.states.data());
}

void Encoder::feed_forward(const ExecContext& ctx, const EncoderLayer& layer, int64_t n_tokens, Workspace& work) const {
  layer.up_proj.apply(ctx, work.states.data(), n_tokens, work.up.data());
  if (gelu_by_tanh)
    gelu_tanh(ctx, work.up.data(), n_tokens * ffn);
  else
    gelu_erf(ctx, work.up.data(), n_tokens * ffn);
  layer.down_proj.apply(ctx, work.up.data(), n_tokens, work.branch.data());
  add(ctx, work.states.data(), work.branch.data(), n_tokens * hidden);
  layer.output_norm.apply(ctx, work.states.data(), n_tokens, work.states.data());
}

void Encoder::forward(const ExecContext& ctx, const EncoderBatch& batch, Workspace& work) const {
  const size_t n_tokens = batch.tokens.size();
  for (AlignedBuffer<float>* buffer : {&work.states, &work.q, &work.k, &work.v, &work.attended, &work.branch})
    buffer->reserve(n_tokens * static_cast<size_t>(hidden));
  work.up.reserve(n_tokens * static_cast<size_t>(ffn));
  embed(ctx, batch, work);
  if (work.observe) work.observe(-1, work.states.data());
  for (size_t i = 0; i < layers.size(); ++i) {
    attend(ctx, layers[i], batch, work);
    feed_forward(ctx, layers[i], static_cast<int64_t>(n_tokens), work);
    if (work.observe) work.observe(static_cast<int>(i), work.states.data());
  }
}

void pool_states(const float* states, int64_t hidden, std::span<const RowRange> sequences, Pooling pooling,
                 bool normalized, float* out) {
  std::vector<double> sums(static_cast<size_t>(hidden));
  for (const RowRange& sequence : sequences) {
    const int64_t n_rows = pooling == Pooling::kFirst ? 1 : sequence.n_rows;
    sums.assign(sums.size(), 0);
    for (int64_t r = 0; r < n_rows; ++r) {
      const float* row = states + (sequence.first_row + r) * hidden;
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += row[i];
    }
    double squares = 0;
    for (double& sum : sums) {
      sum /= static_cast<double>(n_rows);
      squares += sum * sum;
    }
    const double factor = normalized && squares > 0 ? 1 / std::sqrt(squares) : 1;
    for (const double sum : sums) *out++ = static_cast<float>(sum * factor);
  }
}

}  // namespace hanok
