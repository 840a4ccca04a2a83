// GPT-J: one layer norm for both branches, interleaved partial rotation, biases in the MLP and the head. Also KoGPT.
#include "model/families.h"
#include "model/gpt_model.h"
#include "nn/rope_scaling.h"

namespace hanok {
namespace {

Status load_layer(int64_t i, float eps, WeightLoader& weights, GptDecoder& d) {
  constexpr TensorName kNorm{"transformer.h.{}.ln_1", "blk.{}.attn_norm"};
  constexpr TensorName kQuery{"transformer.h.{}.attn.q_proj", "blk.{}.attn_q"};
  constexpr TensorName kKey{"transformer.h.{}.attn.k_proj", "blk.{}.attn_k"};
  constexpr TensorName kValue{"transformer.h.{}.attn.v_proj", "blk.{}.attn_v"};
  constexpr TensorName kOut{"transformer.h.{}.attn.out_proj", "blk.{}.attn_output"};
  constexpr TensorName kUp{"transformer.h.{}.mlp.fc_in", "blk.{}.ffn_up"};
  constexpr TensorName kDown{"transformer.h.{}.mlp.fc_out", "blk.{}.ffn_down"};
  GptLayer layer;
  HANOK_TRY(layer.input_norm, load_layer_norm(kNorm, i, d.hidden, eps, weights));
  HANOK_TRY(layer.q_proj, weights.linear(kQuery, i, d.hidden, d.hidden));
  HANOK_TRY(layer.k_proj, weights.linear(kKey, i, d.hidden, d.hidden));
  HANOK_TRY(layer.v_proj, weights.linear(kValue, i, d.hidden, d.hidden));
  HANOK_TRY(layer.o_proj, weights.linear(kOut, i, d.hidden, d.hidden));
  HANOK_TRY(layer.up_proj, weights.linear(kUp, i, d.ffn, d.hidden, Bias::kRequired));
  HANOK_TRY(layer.down_proj, weights.linear(kDown, i, d.hidden, d.ffn, Bias::kRequired));
  for (const char* buffer : {"bias", "masked_bias"})  // constants in older files
    weights.ignore("transformer.h." + std::to_string(i) + ".attn." + buffer);
  d.layers.push_back(std::move(layer));
  return {};
}

}  // namespace

Result<std::unique_ptr<Model>> load_gptj(ConfigReader& config, WeightLoader& weights) {
  HANOK_RETURN_IF_ERROR(config.expect_text("activation_function", {"gelu_new", "gelu_pytorch_tanh"}));
  HANOK_RETURN_IF_ERROR(config.expect_false("tie_word_embeddings"));
  config.ignore({"scale_attn_weights", "rotary"});
  GptDecoder d;
  HANOK_TRY(const int64_t n_layers, config.dimension({"n_layer", "block_count"}));
  HANOK_TRY(d.hidden, config.dimension({"n_embd", "embedding_length"}));
  HANOK_TRY(d.n_heads, config.dimension({"n_head", "attention.head_count"}));
  HANOK_TRY(d.ffn, config.dimension_or({"n_inner", "feed_forward_length"}, 4 * d.hidden));
  HANOK_TRY(d.max_context, config.dimension_or({"n_positions", "context_length"}, 2048));
  HANOK_TRY(const int64_t n_rot, config.integer_or({"rotary_dim", "rope.dimension_count"}, 64));
  HANOK_TRY(const float eps, config.epsilon_or({"layer_norm_epsilon", "attention.layer_norm_epsilon"}, 1e-5));
  d.head_dim = std::max<int64_t>(1, d.hidden / d.n_heads);
  HANOK_RETURN_IF_ERROR(check_gpt_sizes(d, n_rot));
  d.rope = make_rope_table({}, n_rot, RopeStyle::kInterleaved);
  const TensorView* embedding = weights.checkpoint().find(config.is_gguf() ? "token_embd.weight" : "");
  HANOK_TRY(d.vocab, config.dimension_or({"vocab_size", "vocab_size"}, embedding != nullptr ? embedding->shape[0] : 0));
  for (int64_t i = 0; i < n_layers; ++i) HANOK_RETURN_IF_ERROR(load_layer(i, eps, weights, d));
  HANOK_TRY(d.norm, load_layer_norm({"transformer.ln_f", "output_norm"}, -1, d.hidden, eps, weights));
  HANOK_TRY(d.lm_head, weights.linear({"lm_head", "output"}, -1, d.vocab, d.hidden, Bias::kRequired));
  HANOK_TRY(d.embed_tokens, weights.embedding({"transformer.wte", "token_embd"}, d.vocab, d.hidden));
  return std::make_unique<GptModel>(std::move(d));
}

}  // namespace hanok
