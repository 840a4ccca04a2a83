// Qwen 3: Llama's block with RMS norms on every head's q and k. Also Kanana-2 SLM.
#include <cmath>

#include "model/decoder_parts.h"
#include "model/families.h"
#include "nn/rope_scaling.h"

namespace hanok {

Result<std::unique_ptr<Model>> load_qwen3(ConfigReader& config, WeightLoader& weights) {
  HANOK_RETURN_IF_ERROR(config.expect_text("hidden_act", {"silu"}));
  HANOK_RETURN_IF_ERROR(config.expect_false("use_sliding_window"));
  config.ignore({"sliding_window", "max_window_layers", "layer_types"});  // without effect while the window is off
  HANOK_TRY(const bool attention_bias, config.flag_or({"attention_bias", ""}, false));
  HANOK_TRY(DecoderConfig sizes, read_decoder_config(config, weights));
  HANOK_TRY(sizes.head_dim, config.dimension_or({"head_dim", "attention.key_length"}, 128));
  config.tell("attention.value_length", gguf_u32(static_cast<uint32_t>(sizes.head_dim)));
  sizes.attention_scale = 1.0f / std::sqrt(static_cast<float>(sizes.head_dim));
  HANOK_TRY(const bool tied, read_tied(config, weights, false));
  HANOK_TRY(RopeTable rope, read_rope(config, weights, {RopeStyle::kHalf, sizes.head_dim}));
  DecoderNames names;
  names.q_norm = {"model.layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm"};
  names.k_norm = {"model.layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm"};
  const Bias bias = bias_of(attention_bias, config);
  HANOK_TRY(Decoder decoder, load_decoder(sizes, names, {bias, bias, Bias::kNone}, tied, std::move(rope), weights));
  return std::make_unique<DecoderModel>(std::move(decoder));
}

}  // namespace hanok
