// EXAONE 4.0: norms only after each branch, RMS norms on q and k, and where the model has a sliding window, global
// layers without positions.
#include "model/decoder_parts.h"
#include "model/families.h"
#include "nn/layer_pattern.h"
#include "nn/rope_scaling.h"

namespace hanok {
namespace {

DecoderNames exaone4_names() {
  DecoderNames names;
  names.input_norm = {};
  names.pre_mlp_norm = {};
  names.post_attention_norm = {"model.layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm"};
  names.post_mlp_norm = {"model.layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm"};
  names.q_norm = {"model.layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm"};
  names.k_norm = {"model.layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm"};
  return names;
}

}  // namespace

Result<std::unique_ptr<Model>> load_exaone4(ConfigReader& config, WeightLoader& weights) {
  HANOK_RETURN_IF_ERROR(config.expect_text("hidden_act", {"silu"}));
  HANOK_TRY(const int64_t n_next_tokens, config.integer_or({"num_nextn_predict_layers", "nextn_predict_layers"}, 0));
  if (n_next_tokens != 0) {
    return fail(ErrorKind::kUnsupported, "unsupported configuration value", "nextn_predict_layers", "0",
                std::to_string(n_next_tokens), "multi-token prediction layers are not run by this version");
  }
  HANOK_TRY(const DecoderConfig sizes, read_decoder_config(config, weights));
  HANOK_TRY(const bool tied, read_tied(config, weights, false));
  HANOK_TRY(const int64_t window, config.integer_or({"sliding_window", "attention.sliding_window"}, 0));
  if (window < 0)
    return fail(ErrorKind::kCorruptFile, "wrong value of configuration key", "sliding_window", "0 or more",
                std::to_string(window));
  HANOK_TRY(const std::vector<bool> sliding, read_layer_pattern(config, sizes.n_layers, window > 0 ? 4 : 1));
  HANOK_TRY(RopeTable rope, read_rope(config, weights, {RopeStyle::kHalf, sizes.head_dim}));
  HANOK_TRY(Decoder decoder, load_decoder(sizes, exaone4_names(), {}, tied, std::move(rope), weights));
  for (size_t i = 0; i < decoder.layers.size() && window > 0; ++i) {
    if (sliding[i])
      decoder.layers[i].window = window;
    else
      decoder.layers[i].rope = nullptr;
  }
  return std::make_unique<DecoderModel>(std::move(decoder));
}

}  // namespace hanok
