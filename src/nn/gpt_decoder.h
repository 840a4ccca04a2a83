// The older GPT decoder: layer norms with biases, an ungated GELU MLP, a parallel or serial residual, partial rotation.
#pragma once

#include <vector>

#include "nn/batch.h"
#include "nn/decoder.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "ops/rope.h"

namespace hanok {

// How the rows of a fused q, k, v projection lie.
enum class QkvLayout {
  kSeparate,     // three matrices
  kPerHead,      // head 0's q, k, v, then head 1's, ...
  kConcatenated  // all of q, then all of k, then all of v
};

struct GptLayer {
  LayerNorm input_norm, pre_mlp_norm;  // no pre_mlp_norm: the MLP reads input_norm's output (GPT-J)
  Linear qkv;                          // fused layouts
  Linear q_proj, k_proj, v_proj;       // kSeparate
  Linear o_proj, up_proj, down_proj;
};

struct GptDecoder {
  int64_t hidden = 0, n_heads = 0, head_dim = 0, ffn = 0, vocab = 0, max_context = 0;
  QkvLayout layout = QkvLayout::kSeparate;
  bool parallel_residual = true;  // x += attention(n1(x)) + mlp(n2(x)), else one after the other
  bool gelu_by_tanh = true;       // else by erf
  RopeTable rope;
  Embedding embed_tokens;
  std::vector<GptLayer> layers;
  LayerNorm norm;
  Linear lm_head;

  // logits: [batch.logit_rows.size(), vocab]. Fills the segments' caches and advances them.
  void forward(const ExecContext& ctx, const Batch& batch, Workspace& work, float* logits) const;

 private:
  void project(const ExecContext& ctx, const GptLayer& layer, const float* input, int64_t n_tokens,
               Workspace& work) const;
  void attend(const ExecContext& ctx, const Batch& batch, int layer_idx, Workspace& work) const;
  void feed_forward(const ExecContext& ctx, const GptLayer& layer, const float* input, int64_t n_tokens,
                    Workspace& work) const;
};

}  // namespace hanok
