// The decoder most families share: attention and gated MLP blocks with norms before, after or around each branch.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "nn/batch.h"
#include "nn/linear.h"
#include "ops/attention.h"
#include "ops/kv_cache.h"
#include "ops/norm.h"
#include "ops/rope.h"

namespace hanok {

enum class Activation { kSilu, kGeluTanh };

// RMS norm; an empty weight means that the family has no norm there.
struct RmsNorm {
  std::vector<float> weight;
  float eps = 1e-6f;

  bool present() const { return !weight.empty(); }
  // x with this norm to come, if there is one. x: [n_rows, weight.size()]
  NormedRows over(const float* x) const;
  // x, out: [n_rows, weight.size()]; out may be x.
  void apply(const ExecContext& ctx, const float* x, int64_t n_rows, float* out) const;
};

// x += residual_scale * post_attention_norm(attention(input_norm(x)))
// x += residual_scale * post_mlp_norm(mlp(pre_mlp_norm(x)))
struct DecoderLayer {
  RmsNorm input_norm, post_attention_norm, pre_mlp_norm, post_mlp_norm;
  Linear q_proj, k_proj, v_proj, o_proj;
  RmsNorm q_norm, k_norm;           // over head_dim, before the rotation
  const RopeTable* rope = nullptr;  // null: no positions (NoPE)
  int64_t window = 0;               // 0: full attention; else keys with pos - j < window
  Linear gate_proj, up_proj, down_proj;

  // Whether the MLP's hidden activations are made in int8 at once.
  bool quantizes_hidden(const ExecContext& ctx) const;
};

struct DecoderConfig {
  int64_t n_layers = 0, hidden = 0, n_heads = 0, n_kv_heads = 0, head_dim = 0, ffn = 0, vocab = 0, max_context = 0;
  float norm_eps = 1e-6f;
  float attention_scale = 0;  // softmax scale, usually head_dim^-0.5
  float embedding_scale = 1, residual_scale = 1, logit_scale = 1;
  float attention_softcap = 0, logit_softcap = 0;  // 0: none
  Activation activation = Activation::kSilu;
};

struct Decoder {
  DecoderConfig config;
  Embedding embed_tokens;
  std::vector<std::unique_ptr<RopeTable>> ropes;
  std::vector<DecoderLayer> layers;
  RmsNorm norm;
  Linear lm_head;

  // logits: [batch.logit_rows.size(), vocab]. Fills the segments' caches and advances them.
  void forward(const ExecContext& ctx, const Batch& batch, Workspace& work, float* logits) const;

 private:
  void attend(const ExecContext& ctx, const Batch& batch, int layer_idx, Workspace& work) const;
  void feed_forward(const ExecContext& ctx, int64_t n_tokens, const DecoderLayer& layer, Workspace& work) const;
};

// Gathers the wanted rows of x [n, n_cols] into out [rows.size(), n_cols].
void gather_rows(const float* x, std::span<const int64_t> rows, int64_t n_cols, float* out);
// Writes the batch's keys and values into the caches of its segments. k, v: [n_tokens, n_kv_heads * head_dim].
void write_keys_values(const ExecContext& ctx, const Batch& batch, int layer_idx, int64_t kv_width, const float* k,
                       const float* v);

}  // namespace hanok
