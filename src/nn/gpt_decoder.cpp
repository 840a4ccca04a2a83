#include "nn/gpt_decoder.h"

#include <array>
#include <cmath>
#include <cstring>

#include "ops/elementwise.h"

namespace hanok {

void GptDecoder::project(const ExecContext& ctx, const GptLayer& layer, const float* input, int64_t n_tokens,
                         Workspace& work) const {
  const std::array<float*, 3> outputs{work.q.data(), work.k.data(), work.v.data()};
  if (layout == QkvLayout::kSeparate) {
    const std::array<const Linear*, 3> projections{&layer.q_proj, &layer.k_proj, &layer.v_proj};
    apply_joint(ctx, projections, {input}, n_tokens, outputs);
    return;
  }
  // The gate's buffer is free here: this MLP has no gate.
  layer.qkv.apply(ctx, input, n_tokens, work.gate.data());
  const int64_t width = n_heads * head_dim;
  for (int64_t row = 0; row < n_tokens; ++row) {
    for (int64_t head = 0; head < n_heads; ++head) {
      for (int64_t part = 0; part < 3; ++part) {
        const int64_t from =
            layout == QkvLayout::kPerHead ? (head * 3 + part) * head_dim : part * width + head * head_dim;
        std::memcpy(outputs[static_cast<size_t>(part)] + row * width + head * head_dim,
                    work.gate.data() + row * 3 * width + from, sizeof(float) * static_cast<size_t>(head_dim));
      }
    }
  }
}

void GptDecoder::attend(const ExecContext& ctx, const Batch& batch, int layer_idx, Workspace& work) const {
  const GptLayer& layer = layers[static_cast<size_t>(layer_idx)];
  const auto n_tokens = static_cast<int64_t>(batch.tokens.size());
  layer.input_norm.apply(ctx, work.states.data(), n_tokens, work.normed.data());
  project(ctx, layer, work.normed.data(), n_tokens, work);
  const RopeAngles& angles = work.angles.at(&rope);
  hanok::rope(ctx, work.q.data(), n_tokens, n_heads, head_dim, rope, angles);
  hanok::rope(ctx, work.k.data(), n_tokens, n_heads, head_dim, rope, angles);
  write_keys_values(ctx, batch, layer_idx, n_heads * head_dim, work.k.data(), work.v.data());
  const AttentionParams params{1.0f / std::sqrt(static_cast<float>(head_dim))};
  attention(ctx, work.q.data(), static_cast<int>(n_heads), layer_idx, batch.segments, params, work.attended.data());
  layer.o_proj.apply(ctx, work.attended.data(), n_tokens, work.branch.data());
}

void GptDecoder::feed_forward(const ExecContext& ctx, const GptLayer& layer, const float* input, int64_t n_tokens,
                              Workspace& work) const {
  layer.up_proj.apply(ctx, input, n_tokens, work.up.data());
  if (gelu_by_tanh)
    gelu_tanh(ctx, work.up.data(), n_tokens * ffn);
  else
    gelu_erf(ctx, work.up.data(), n_tokens * ffn);
  layer.down_proj.apply(ctx, work.up.data(), n_tokens, work.attended.data());
  add(ctx, work.states.data(), work.attended.data(), n_tokens * hidden);
}

void GptDecoder::forward(const ExecContext& ctx, const Batch& batch, Workspace& work, float* logits) const {
  const size_t n_tokens = batch.tokens.size();
  const auto rows = static_cast<int64_t>(n_tokens);
  for (AlignedBuffer<float>* buffer :
       {&work.states, &work.normed, &work.q, &work.k, &work.v, &work.attended, &work.branch})
    buffer->reserve(n_tokens * static_cast<size_t>(hidden));
  if (layout != QkvLayout::kSeparate) work.gate.reserve(n_tokens * 3 * static_cast<size_t>(hidden));
  work.up.reserve(n_tokens * static_cast<size_t>(ffn));
  work.angles[&rope].set(ctx, batch.positions, rope);

  float* x = work.states.data();
  embed_tokens.rows(ctx, batch.tokens, x);
  if (work.observe) work.observe(-1, x);
  for (int i = 0; i < static_cast<int>(layers.size()); ++i) {
    const GptLayer& layer = layers[static_cast<size_t>(i)];
    attend(ctx, batch, i, work);
    if (!parallel_residual) add(ctx, x, work.branch.data(), rows * hidden);
    if (layer.pre_mlp_norm.present()) layer.pre_mlp_norm.apply(ctx, x, rows, work.normed.data());
    feed_forward(ctx, layer, work.normed.data(), rows, work);
    if (parallel_residual) add(ctx, x, work.branch.data(), rows * hidden);
    if (work.observe) work.observe(i, x);
  }
  for (const AttentionSegment& segment : batch.segments) segment.cache->advance(segment.n_rows);

  const auto n_wanted = static_cast<int64_t>(batch.logit_rows.size());
  if (n_wanted == 0) return;
  work.last.reserve(static_cast<size_t>(n_wanted * hidden));
  gather_rows(x, batch.logit_rows, hidden, work.last.data());
  norm.apply(ctx, work.last.data(), n_wanted, work.last.data());
  lm_head.apply(ctx, work.last.data(), n_wanted, logits);
}

}  // namespace hanok
