// GPT-NeoX: fused q, k, v with biases, partial half-split rotation, parallel or serial residual. Also Polyglot-Ko.
#include <cmath>

#include "model/families.h"
#include "model/gpt_model.h"
#include "nn/rope_scaling.h"

namespace hanok {
namespace {

constexpr TensorName kQkv{"gpt_neox.layers.{}.attention.query_key_value", "blk.{}.attn_qkv"};

// The rows of head 0's q, k, v, head 1's, ... in the order all q, all k, all v.
std::vector<int64_t> concatenated_rows(int64_t n_heads, int64_t head_dim) {
  std::vector<int64_t> order;
  for (int64_t part = 0; part < 3; ++part)
    for (int64_t head = 0; head < n_heads; ++head)
      for (int64_t i = 0; i < head_dim; ++i) order.push_back((head * 3 + part) * head_dim + i);
  return order;
}

Status read_sizes(ConfigReader& config, GptDecoder& d) {
  HANOK_TRY(d.hidden, config.dimension({"hidden_size", "embedding_length"}));
  HANOK_TRY(d.n_heads, config.dimension({"num_attention_heads", "attention.head_count"}));
  HANOK_TRY(d.ffn, config.dimension({"intermediate_size", "feed_forward_length"}));
  HANOK_TRY(d.max_context, config.dimension_or({"max_position_embeddings", "context_length"}, 2048));
  HANOK_TRY(d.parallel_residual, config.flag_or({"use_parallel_residual", "use_parallel_residual"}, true));
  HANOK_TRY(const std::string activation, config.text_or({"hidden_act", "hidden_activation"}, "gelu"));
  HANOK_RETURN_IF_ERROR(config.expect_text("hidden_act", {"gelu", "gelu_new", "gelu_pytorch_tanh"}));
  d.gelu_by_tanh = activation != "gelu";
  d.head_dim = std::max<int64_t>(1, d.hidden / d.n_heads);
  d.layout = config.is_gguf() ? QkvLayout::kConcatenated : QkvLayout::kPerHead;
  return {};
}

Status read_rotation(ConfigReader& config, WeightLoader& weights, GptDecoder& d) {
  // transformers 5 keeps both values in rope_parameters, earlier versions at the top.
  HANOK_TRY(double share, config.number_or({"rotary_pct", ""}, 0.25));
  HANOK_TRY(share, config.number_or({"rope_parameters.partial_rotary_factor", ""}, share));
  HANOK_TRY(const int64_t n_rot,
            config.integer_or({"", "rope.dimension_count"}, std::llround(share * static_cast<double>(d.head_dim))));
  HANOK_RETURN_IF_ERROR(check_gpt_sizes(d, n_rot));
  RopeScaling plain;
  HANOK_TRY(plain.theta, config.number_or({"rotary_emb_base", ""}, 10000));
  if (!config.is_gguf() && config.json("rope_parameters") == nullptr && config.json("rope_scaling") == nullptr) {
    HANOK_TRY(d.rope, checked_rope_table(plain, {RopeStyle::kHalf, d.head_dim, n_rot}));
    return {};
  }
  HANOK_TRY(d.rope, read_rope(config, weights, {RopeStyle::kHalf, d.head_dim, n_rot}));
  return {};
}

Status load_layer(int64_t i, float eps, Bias attention_bias, WeightLoader& weights, GptDecoder& d) {
  constexpr TensorName kInputNorm{"gpt_neox.layers.{}.input_layernorm", "blk.{}.attn_norm"};
  constexpr TensorName kMlpNorm{"gpt_neox.layers.{}.post_attention_layernorm", "blk.{}.ffn_norm"};
  constexpr TensorName kDense{"gpt_neox.layers.{}.attention.dense", "blk.{}.attn_output"};
  constexpr TensorName kUp{"gpt_neox.layers.{}.mlp.dense_h_to_4h", "blk.{}.ffn_up"};
  constexpr TensorName kDown{"gpt_neox.layers.{}.mlp.dense_4h_to_h", "blk.{}.ffn_down"};
  GptLayer layer;
  HANOK_TRY(layer.input_norm, load_layer_norm(kInputNorm, i, d.hidden, eps, weights));
  HANOK_TRY(layer.pre_mlp_norm, load_layer_norm(kMlpNorm, i, d.hidden, eps, weights));
  HANOK_TRY(layer.qkv, weights.linear(kQkv, i, 3 * d.hidden, d.hidden, attention_bias));
  HANOK_TRY(layer.o_proj, weights.linear(kDense, i, d.hidden, d.hidden, attention_bias));
  HANOK_TRY(layer.up_proj, weights.linear(kUp, i, d.ffn, d.hidden, Bias::kRequired));
  HANOK_TRY(layer.down_proj, weights.linear(kDown, i, d.hidden, d.ffn, Bias::kRequired));
  for (const char* buffer : {"bias", "masked_bias", "rotary_emb.inv_freq"})  // constants in older files
    weights.ignore("gpt_neox.layers." + std::to_string(i) + ".attention." + buffer);
  d.layers.push_back(std::move(layer));
  return {};
}

}  // namespace

Result<std::unique_ptr<Model>> load_gpt_neox(ConfigReader& config, WeightLoader& weights) {
  GptDecoder d;
  HANOK_RETURN_IF_ERROR(read_sizes(config, d));
  HANOK_TRY(const int64_t n_layers, config.dimension({"num_hidden_layers", "block_count"}));
  HANOK_TRY(const float epsilon, config.epsilon_or({"layer_norm_eps", "attention.layer_norm_epsilon"}, 1e-5));
  HANOK_TRY(const bool attention_bias, config.flag_or({"attention_bias", ""}, true));
  HANOK_TRY(const bool tied, config.flag_or({"tie_word_embeddings", ""}, false));
  HANOK_RETURN_IF_ERROR(read_rotation(config, weights, d));
  constexpr TensorName kEmbedding{"gpt_neox.embed_in", "token_embd"}, kHead{"embed_out", "output"},
      kNewHead{"lm_head", "output"}, kTiedHead{"gpt_neox.embed_in", "output"};  // GGUF always has a head
  const TensorView* embedding = weights.checkpoint().find(config.is_gguf() ? "token_embd.weight" : "");
  HANOK_TRY(d.vocab, config.dimension_or({"vocab_size", "vocab_size"}, embedding != nullptr ? embedding->shape[0] : 0));
  weights.in_gguf(kQkv, {.row_order = concatenated_rows(d.n_heads, d.head_dim)});
  for (int64_t i = 0; i < n_layers; ++i)
    HANOK_RETURN_IF_ERROR(load_layer(i, epsilon, attention_bias ? Bias::kRequired : Bias::kNone, weights, d));
  HANOK_TRY(d.norm, load_layer_norm({"gpt_neox.final_layer_norm", "output_norm"}, -1, d.hidden, epsilon, weights));
  // transformers 5 names the head lm_head in files it writes anew.
  const TensorName head = tied ? kTiedHead : weights.has(kHead) ? kHead : kNewHead;
  HANOK_TRY(d.lm_head, weights.linear(head, -1, d.vocab, d.hidden));
  HANOK_TRY(d.embed_tokens, weights.embedding(kEmbedding, d.vocab, d.hidden));
  return std::make_unique<GptModel>(std::move(d));
}

}  // namespace hanok
