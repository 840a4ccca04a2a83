// Gemma 3 (text): norms around both branches, RMS norms on q and k, sliding layers with a rotary base of their own,
// scaled embeddings and a tanh GELU.
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/decoder_parts.h"
#include "model/families.h"
#include "nn/layer_pattern.h"
#include "nn/rope_scaling.h"

namespace hanok {
namespace {

DecoderNames gemma3_names() {
  DecoderNames names;
  names.post_attention_norm = {"model.layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm"};
  names.pre_mlp_norm = {"model.layers.{}.pre_feedforward_layernorm", "blk.{}.ffn_norm"};
  names.post_mlp_norm = {"model.layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm"};
  names.q_norm = {"model.layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm"};
  names.k_norm = {"model.layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm"};
  return names;
}

// config.json's checkpoints hold weight - 1; GGUF files hold the weight.
void add_one(Decoder& decoder) {
  const auto shift = [](RmsNorm& norm) {
    for (float& weight : norm.weight) weight += 1;
  };
  for (DecoderLayer& layer : decoder.layers) {
    for (RmsNorm* norm : {&layer.input_norm, &layer.post_attention_norm, &layer.pre_mlp_norm, &layer.post_mlp_norm,
                          &layer.q_norm, &layer.k_norm})
      shift(*norm);
  }
  shift(decoder.norm);
}

struct Ropes {
  RopeTable global, local;
};

Result<Ropes> read_ropes(ConfigReader& config, WeightLoader& weights, int64_t head_dim) {
  const RopeShape shape{RopeStyle::kHalf, head_dim};
  const auto* parameters = config.json("rope_parameters");
  if (parameters != nullptr && parameters->contains("full_attention")) {
    HANOK_TRY(RopeTable global, read_rope(config, weights, shape, "rope_parameters.full_attention"));
    HANOK_TRY(const RopeScaling local, read_rope_scaling(config, "rope_parameters.sliding_attention"));
    HANOK_TRY(RopeTable local_table, checked_rope_table(local, shape));
    if (config.is_recorded() && local.kind != RopeScaling::Kind::kNone)
      return fail(ErrorKind::kUnsupported, "GGUF cannot express a scaled rope of sliding layers",
                  "rope_parameters.sliding_attention", "rope_type default", "another");
    config.tell("rope.freq_base_swa", gguf_f32(static_cast<float>(local.theta)));
    return Ropes{std::move(global), std::move(local_table)};
  }
  RopeScaling local;
  HANOK_TRY(local.theta, config.number_or({"rope_local_base_freq", "rope.freq_base_swa"}, 10000));
  HANOK_TRY(RopeTable local_table, checked_rope_table(local, shape));
  HANOK_TRY(RopeTable global, read_rope(config, weights, shape));
  return Ropes{std::move(global), std::move(local_table)};
}

// GGUF does not name the scale of attention: it is head_dim^-0.5 for every size but 27B, whose heads do not divide the
// hidden size.
int64_t gguf_scalar(const DecoderConfig& sizes) {
  return sizes.n_layers == 62 ? sizes.hidden / sizes.n_heads : sizes.head_dim;
}

// GGUF's norms hold the whole weight, and that of q takes in what its unnamed scale of attention would get wrong.
void tell_norms(const DecoderConfig& sizes, const DecoderNames& names, WeightLoader& weights) {
  for (const TensorName& name :
       {names.input_norm, names.post_attention_norm, names.pre_mlp_norm, names.post_mlp_norm, names.k_norm, names.norm})
    weights.in_gguf(name, {.row_order = {}, .added = 1});
  const float factor = sizes.attention_scale * std::sqrt(static_cast<float>(gguf_scalar(sizes)));
  weights.in_gguf(names.q_norm, {.row_order = {}, .factor = factor, .added = 1});
}

Result<DecoderConfig> read_sizes(ConfigReader& config, const WeightLoader& weights) {
  HANOK_TRY(DecoderConfig sizes, read_decoder_config(config, weights));
  HANOK_TRY(sizes.head_dim, config.dimension_or({"head_dim", "attention.key_length"}, 256));
  config.tell("attention.value_length", gguf_u32(static_cast<uint32_t>(sizes.head_dim)));
  const auto usual = static_cast<double>(config.is_gguf() ? gguf_scalar(sizes) : sizes.head_dim);
  HANOK_TRY(const double scalar, config.number_or({"query_pre_attn_scalar", ""}, usual));
  sizes.attention_scale = static_cast<float>(1 / std::sqrt(scalar));
  if (scalar <= 0 || !std::isfinite(sizes.attention_scale))
    return fail(ErrorKind::kCorruptFile, "wrong value of configuration key", "query_pre_attn_scalar", "more than 0",
                fmt::format("{}", scalar));
  // The reference rounds the scale to the weights' type; f32 runs of transformers use it unrounded.
  sizes.embedding_scale = std::sqrt(static_cast<float>(sizes.hidden));
  sizes.activation = Activation::kGeluTanh;
  const auto read = [&](ConfigKey key, float& value) -> Status {
    HANOK_TRY(const double number, config.number_or(key, 0));
    value = static_cast<float>(number);
    return {};
  };
  HANOK_RETURN_IF_ERROR(read({"attn_logit_softcapping", "attn_logit_softcapping"}, sizes.attention_softcap));
  HANOK_RETURN_IF_ERROR(read({"final_logit_softcapping", "final_logit_softcapping"}, sizes.logit_softcap));
  return sizes;
}

}  // namespace

Result<std::unique_ptr<Model>> load_gemma3(ConfigReader& config, WeightLoader& weights) {
  HANOK_RETURN_IF_ERROR(config.expect_text("hidden_activation", {"gelu_pytorch_tanh"}));
  HANOK_RETURN_IF_ERROR(config.expect_text("hidden_act", {"gelu_pytorch_tanh"}));
  HANOK_RETURN_IF_ERROR(config.expect_false("attention_bias"));
  HANOK_RETURN_IF_ERROR(config.expect_false("use_bidirectional_attention"));
  HANOK_TRY(const DecoderConfig sizes, read_sizes(config, weights));
  HANOK_TRY(const bool tied, read_tied(config, weights, true));
  HANOK_TRY(const int64_t window, config.dimension_or({"sliding_window", "attention.sliding_window"}, 4096));
  HANOK_TRY(const std::vector<bool> sliding, read_layer_pattern(config, sizes.n_layers, 6));
  HANOK_TRY(Ropes ropes, read_ropes(config, weights, sizes.head_dim));
  tell_norms(sizes, gemma3_names(), weights);
  HANOK_TRY(Decoder decoder, load_decoder(sizes, gemma3_names(), {}, tied, std::move(ropes.global), weights));
  decoder.ropes.push_back(std::make_unique<RopeTable>(std::move(ropes.local)));
  for (size_t i = 0; i < decoder.layers.size(); ++i) {
    if (!sliding[i]) continue;
    decoder.layers[i].window = window;
    decoder.layers[i].rope = decoder.ropes[1].get();
  }
  if (!config.is_gguf()) add_one(decoder);
  return std::make_unique<DecoderModel>(std::move(decoder));
}

}  // namespace hanok
