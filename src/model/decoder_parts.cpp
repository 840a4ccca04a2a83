#include "model/decoder_parts.h"

#include <cmath>

namespace hanok {
namespace {

Result<RmsNorm> load_norm(TensorName name, int64_t layer_idx, int64_t n, float eps, WeightLoader& weights) {
  if (name.hf.empty()) return RmsNorm{};
  HANOK_TRY(std::vector<float> weight, weights.vector(name, layer_idx, n));
  return RmsNorm{std::move(weight), eps};
}

Result<DecoderLayer> load_layer(int64_t i, const DecoderConfig& c, const DecoderNames& names,
                                const DecoderBiases& biases, WeightLoader& weights) {
  DecoderLayer layer;
  HANOK_TRY(layer.input_norm, load_norm(names.input_norm, i, c.hidden, c.norm_eps, weights));
  HANOK_TRY(layer.post_attention_norm, load_norm(names.post_attention_norm, i, c.hidden, c.norm_eps, weights));
  HANOK_TRY(layer.pre_mlp_norm, load_norm(names.pre_mlp_norm, i, c.hidden, c.norm_eps, weights));
  HANOK_TRY(layer.post_mlp_norm, load_norm(names.post_mlp_norm, i, c.hidden, c.norm_eps, weights));
  HANOK_TRY(layer.q_norm, load_norm(names.q_norm, i, c.head_dim, c.norm_eps, weights));
  HANOK_TRY(layer.k_norm, load_norm(names.k_norm, i, c.head_dim, c.norm_eps, weights));
  const int64_t q_width = c.n_heads * c.head_dim, kv_width = c.n_kv_heads * c.head_dim;
  HANOK_TRY(layer.q_proj, weights.linear(names.q_proj, i, q_width, c.hidden, biases.qkv));
  HANOK_TRY(layer.k_proj, weights.linear(names.k_proj, i, kv_width, c.hidden, biases.qkv));
  HANOK_TRY(layer.v_proj, weights.linear(names.v_proj, i, kv_width, c.hidden, biases.qkv));
  HANOK_TRY(layer.o_proj, weights.linear(names.o_proj, i, c.hidden, q_width, biases.o));
  HANOK_TRY(layer.gate_proj, weights.linear(names.gate_proj, i, c.ffn, c.hidden, biases.mlp));
  HANOK_TRY(layer.up_proj, weights.linear(names.up_proj, i, c.ffn, c.hidden, biases.mlp));
  HANOK_TRY(layer.down_proj, weights.linear(names.down_proj, i, c.hidden, c.ffn, biases.mlp));
  return layer;
}

}  // namespace

Result<DecoderConfig> read_decoder_config(ConfigReader& config, const WeightLoader& weights, const DecoderKeys& keys) {
  DecoderConfig c;
  HANOK_TRY(c.n_layers, config.dimension({keys.n_layers, "block_count"}));
  HANOK_TRY(c.hidden, config.dimension({"hidden_size", "embedding_length"}));
  HANOK_TRY(c.n_heads, config.dimension({"num_attention_heads", "attention.head_count"}));
  HANOK_TRY(c.n_kv_heads, config.dimension_or({"num_key_value_heads", "attention.head_count_kv"}, c.n_heads));
  HANOK_TRY(c.head_dim,
            config.dimension_or({"head_dim", "attention.key_length"}, std::max<int64_t>(1, c.hidden / c.n_heads)));
  HANOK_TRY(c.ffn, config.dimension({"intermediate_size", "feed_forward_length"}));
  HANOK_TRY(c.max_context, config.dimension_or({"max_position_embeddings", "context_length"}, 2048));
  const TensorView* embedding =
      weights.checkpoint().find(config.is_gguf() ? "token_embd.weight" : "model.embed_tokens.weight");
  HANOK_TRY(c.vocab, config.dimension_or({"vocab_size", "vocab_size"},
                                         embedding != nullptr && embedding->shape.rank == 2 ? embedding->shape[0] : 0));
  if (config.is_gguf() && embedding != nullptr && embedding->shape.rank == 2) c.vocab = embedding->shape[0];
  HANOK_TRY(c.norm_eps, config.epsilon_or({keys.norm_eps, "attention.layer_norm_rms_epsilon"}, keys.usual_norm_eps));
  config.tell("attention.value_length", gguf_u32(static_cast<uint32_t>(c.head_dim)));
  c.attention_scale = 1.0f / std::sqrt(static_cast<float>(c.head_dim));
  if (c.n_heads % c.n_kv_heads != 0) {
    return fail(ErrorKind::kCorruptFile, "heads do not divide into groups", "num_key_value_heads",
                "a divisor of " + std::to_string(c.n_heads), std::to_string(c.n_kv_heads));
  }
  return c;
}

Bias bias_of(bool flag, const ConfigReader& config) {
  return flag ? Bias::kRequired : config.is_gguf() ? Bias::kIfPresent : Bias::kNone;
}

std::vector<int64_t> interleaved_pairs(int64_t head_dim) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < head_dim / 2; ++i) order.insert(order.end(), {i, i + head_dim / 2});
  return order;
}

Result<bool> read_tied(ConfigReader& config, const WeightLoader& weights, bool otherwise) {
  if (config.is_gguf()) return weights.checkpoint().find("output.weight") == nullptr;
  return config.flag_or({"tie_word_embeddings", ""}, otherwise);
}

Result<Decoder> load_decoder(const DecoderConfig& c, const DecoderNames& names, const DecoderBiases& biases, bool tied,
                             RopeTable rope, WeightLoader& weights) {
  Decoder decoder;
  decoder.config = c;
  decoder.ropes.push_back(std::make_unique<RopeTable>(std::move(rope)));
  for (int64_t i = 0; i < c.n_layers; ++i) {
    HANOK_TRY(DecoderLayer layer, load_layer(i, c, names, biases, weights));
    layer.rope = decoder.ropes[0].get();
    decoder.layers.push_back(std::move(layer));
  }
  HANOK_TRY(decoder.norm, load_norm(names.norm, -1, c.hidden, c.norm_eps, weights));
  const bool own_head = !tied || weights.has(names.lm_head);
  HANOK_TRY(decoder.lm_head, weights.linear(own_head ? names.lm_head : names.embed_tokens, -1, c.vocab, c.hidden));
  HANOK_TRY(decoder.embed_tokens, weights.embedding(names.embed_tokens, c.vocab, c.hidden));
  return decoder;
}

}  // namespace hanok
