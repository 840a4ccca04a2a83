#include "nn/decoder.h"

#include <array>
#include <cmath>
#include <cstring>

#include "ops/elementwise.h"

namespace hanok {

NormedRows RmsNorm::over(const float* x) const {
  return present() ? NormedRows{x, weight.data(), eps} : NormedRows{x};
}

void RmsNorm::apply(const ExecContext& ctx, const float* x, int64_t n_rows, float* out) const {
  rms_norm(ctx, x, n_rows, static_cast<int64_t>(weight.size()), weight.data(), eps, out);
}

void gather_rows(const float* x, std::span<const int64_t> rows, int64_t n_cols, float* out) {
  for (const int64_t row : rows) {
    std::memcpy(out, x + row * n_cols, sizeof(float) * static_cast<size_t>(n_cols));
    out += n_cols;
  }
}

void write_keys_values(const ExecContext& ctx, const Batch& batch, int layer_idx, int64_t kv_width, const float* k,
                       const float* v) {
  for (const AttentionSegment& segment : batch.segments) {
    segment.cache->write(ctx, layer_idx, segment.first_pos, segment.n_rows, k + segment.first_row * kv_width,
                         v + segment.first_row * kv_width);
  }
}

bool DecoderLayer::quantizes_hidden(const ExecContext& ctx) const {
  return takes_integers(ctx, gate_proj.weight) && takes_integers(ctx, up_proj.weight) &&
         takes_integers(ctx, down_proj.weight) && gate_proj.bias.empty() && up_proj.bias.empty() &&
         gate_proj.n_out() % kPanelRows == 0;
}

void Decoder::attend(const ExecContext& ctx, const Batch& batch, int layer_idx, Workspace& work) const {
  const DecoderLayer& layer = layers[static_cast<size_t>(layer_idx)];
  const auto n_tokens = static_cast<int64_t>(batch.tokens.size());
  float* x = work.states.data();
  float *q = work.q.data(), *k = work.k.data(), *v = work.v.data();
  const std::array<const Linear*, 3> projections{&layer.q_proj, &layer.k_proj, &layer.v_proj};
  const std::array<float*, 3> outputs{q, k, v};
  apply_joint(ctx, projections, layer.input_norm.over(x), n_tokens, outputs);
  if (layer.q_norm.present()) layer.q_norm.apply(ctx, q, n_tokens * config.n_heads, q);
  if (layer.k_norm.present()) layer.k_norm.apply(ctx, k, n_tokens * config.n_kv_heads, k);
  if (layer.rope != nullptr) {
    const RopeAngles& angles = work.angles.at(layer.rope);
    rope(ctx, q, n_tokens, config.n_heads, config.head_dim, *layer.rope, angles);
    rope(ctx, k, n_tokens, config.n_kv_heads, config.head_dim, *layer.rope, angles);
  }
  write_keys_values(ctx, batch, layer_idx, config.n_kv_heads * config.head_dim, k, v);
  const AttentionParams params{config.attention_scale, layer.window, config.attention_softcap};
  attention(ctx, q, static_cast<int>(config.n_heads), layer_idx, batch.segments, params, work.attended.data());
  float* branch = work.branch.data();
  layer.o_proj.apply(ctx, work.attended.data(), n_tokens, branch);
  if (layer.post_attention_norm.present()) layer.post_attention_norm.apply(ctx, branch, n_tokens, branch);
  add_scaled(ctx, x, branch, config.residual_scale, n_tokens * config.hidden);
}

void Decoder::feed_forward(const ExecContext& ctx, int64_t n_tokens, const DecoderLayer& layer, Workspace& work) const {
  float* x = work.states.data();
  const NormedRows input = layer.pre_mlp_norm.over(x);
  float* branch = work.branch.data();
  const bool is_silu = config.activation == Activation::kSilu;
  if (layer.quantizes_hidden(ctx)) {
    const GatedActivation activation = is_silu ? ctx.kernels.vec.silu_mul : ctx.kernels.vec.gelu_tanh_mul;
    matmul_gated(ctx, layer.gate_proj.weight, layer.up_proj.weight, activation, input, n_tokens, work.hidden);
    layer.down_proj.apply(ctx, work.hidden, n_tokens, branch);
  } else {
    work.gate.reserve(static_cast<size_t>(n_tokens * config.ffn));
    work.up.reserve(static_cast<size_t>(n_tokens * config.ffn));
    const std::array<const Linear*, 2> projections{&layer.gate_proj, &layer.up_proj};
    const std::array<float*, 2> outputs{work.gate.data(), work.up.data()};
    apply_joint(ctx, projections, input, n_tokens, outputs);
    (is_silu ? silu_mul : gelu_tanh_mul)(ctx, work.gate.data(), work.up.data(), n_tokens * config.ffn);
    layer.down_proj.apply(ctx, work.gate.data(), n_tokens, branch);
  }
  if (layer.post_mlp_norm.present()) layer.post_mlp_norm.apply(ctx, branch, n_tokens, branch);
  add_scaled(ctx, x, branch, config.residual_scale, n_tokens * config.hidden);
}

void Decoder::forward(const ExecContext& ctx, const Batch& batch, Workspace& work, float* logits) const {
  const DecoderConfig& c = config;
  const size_t n_tokens = batch.tokens.size();
  const auto rows = static_cast<int64_t>(n_tokens);
  work.states.reserve(n_tokens * static_cast<size_t>(c.hidden));
  work.branch.reserve(n_tokens * static_cast<size_t>(c.hidden));
  work.q.reserve(n_tokens * static_cast<size_t>(c.n_heads * c.head_dim));
  work.attended.reserve(n_tokens * static_cast<size_t>(c.n_heads * c.head_dim));
  work.k.reserve(n_tokens * static_cast<size_t>(c.n_kv_heads * c.head_dim));
  work.v.reserve(n_tokens * static_cast<size_t>(c.n_kv_heads * c.head_dim));

  for (const auto& table : ropes) work.angles[table.get()].set(ctx, batch.positions, *table);

  float* x = work.states.data();
  embed_tokens.rows(ctx, batch.tokens, x);
  if (c.embedding_scale != 1) scale(ctx, x, c.embedding_scale, rows * c.hidden);
  if (work.observe) work.observe(-1, x);
  for (int i = 0; i < static_cast<int>(layers.size()); ++i) {
    attend(ctx, batch, i, work);
    feed_forward(ctx, rows, layers[static_cast<size_t>(i)], work);
    if (work.observe) work.observe(i, x);
  }
  for (const AttentionSegment& segment : batch.segments) segment.cache->advance(segment.n_rows);

  const auto n_wanted = static_cast<int64_t>(batch.logit_rows.size());
  if (n_wanted == 0) return;
  work.last.reserve(static_cast<size_t>(n_wanted * c.hidden));
  gather_rows(x, batch.logit_rows, c.hidden, work.last.data());
  norm.apply(ctx, work.last.data(), n_wanted, work.last.data());
  lm_head.apply(ctx, work.last.data(), n_wanted, logits);
  if (c.logit_scale != 1) scale(ctx, logits, c.logit_scale, n_wanted * c.vocab);
  if (c.logit_softcap > 0) {
    for (int64_t i = 0; i < n_wanted * c.vocab; ++i)
      logits[i] = c.logit_softcap * std::tanh(logits[i] / c.logit_softcap);
  }
}

}  // namespace hanok
