// The BERT encoder: learned positions, attention without a mask, layer norms behind the residuals, an ungated GELU MLP.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/batch.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "ops/encoder_attention.h"

namespace hanok {

struct EncoderLayer {
  Linear q_proj, k_proj, v_proj, o_proj, up_proj, down_proj;
  LayerNorm attention_norm, output_norm;
};

// Several sequences in one step, without padding between them.
struct EncoderBatch {
  std::span<const int32_t> tokens;
  std::span<const int32_t> types;  // of each token, or empty: all 0
  std::span<const RowRange> sequences;
};

// How a sequence's states become one vector.
enum class Pooling { kMean, kFirst };

struct Encoder {
  int64_t hidden = 0, n_heads = 0, head_dim = 0, ffn = 0, vocab = 0, n_types = 0;
  int64_t n_positions = 0, position_offset = 0;  // a sequence's first token stands at position_offset (RoBERTa: 2)
  bool gelu_by_tanh = false;                     // else by erf
  Embedding words, positions, types;
  LayerNorm embedding_norm;
  std::vector<EncoderLayer> layers;

  int64_t max_tokens() const { return n_positions - position_offset; }  // of one sequence
  // Leaves the last layer's states [n_tokens, hidden] in work.states. Sequences hold 1 to max_tokens() tokens.
  void forward(const ExecContext& ctx, const EncoderBatch& batch, Workspace& work) const;

 private:
  void embed(const ExecContext& ctx, const EncoderBatch& batch, Workspace& work) const;
  void attend(const ExecContext& ctx, const EncoderLayer& layer, const EncoderBatch& batch, Workspace& work) const;
  void feed_forward(const ExecContext& ctx, const EncoderLayer& layer, int64_t n_tokens, Workspace& work) const;
};

// One vector for each sequence, of length 1 where `normalized`. states: [n_tokens, hidden], out: [n_sequences, hidden].
void pool_states(const float* states, int64_t hidden, std::span<const RowRange> sequences, Pooling pooling,
                 bool normalized, float* out);

}  // namespace hanok
