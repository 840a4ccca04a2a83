#include "model/gpt_model.h"

namespace hanok {

GptModel::GptModel(GptDecoder decoder) : decoder_(std::move(decoder)) {
  const GptDecoder& d = decoder_;
  ModelInfo& i = info();
  i.n_layers = static_cast<int64_t>(d.layers.size()), i.hidden = d.hidden, i.n_heads = i.n_kv_heads = d.n_heads;
  i.head_dim = d.head_dim, i.ffn = d.ffn, i.vocab = d.vocab, i.max_context = d.max_context;
  i.windows.assign(d.layers.size(), 0);
}

Result<LayerNorm> load_layer_norm(TensorName name, int64_t layer_idx, int64_t n, float eps, WeightLoader& weights) {
  LayerNorm norm;
  norm.eps = eps;
  HANOK_TRY(norm.weight, weights.vector(name, layer_idx, n));
  HANOK_TRY(norm.bias, weights.vector(name, layer_idx, n, ".bias"));
  return norm;
}

Status check_gpt_sizes(const GptDecoder& decoder, int64_t n_rot) {
  if (decoder.hidden % decoder.n_heads != 0) {
    return fail(ErrorKind::kCorruptFile, "heads do not divide the hidden size", "num_attention_heads",
                "a divisor of " + std::to_string(decoder.hidden), std::to_string(decoder.n_heads));
  }
  if (n_rot < 2 || n_rot > decoder.head_dim || n_rot % 2 != 0) {
    return fail(ErrorKind::kCorruptFile, "rotated dimensions do not fit a head", "rotary dimensions",
                "an even number up to " + std::to_string(decoder.head_dim), std::to_string(n_rot));
  }
  return {};
}

}  // namespace hanok
