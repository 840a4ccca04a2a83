// KORMo: Llama's block with the norms before each branch under names of their own. Its GGUF files say qwen2.
#include "model/decoder_parts.h"
#include "model/families.h"
#include "nn/rope_scaling.h"

namespace hanok {

Result<std::unique_ptr<Model>> load_kormo(ConfigReader& config, WeightLoader& weights) {
  HANOK_RETURN_IF_ERROR(config.expect_text("hidden_act", {"silu"}));
  HANOK_RETURN_IF_ERROR(config.expect_false("attention_bias"));
  HANOK_RETURN_IF_ERROR(config.expect_false("mlp_bias"));
  HANOK_TRY(const DecoderConfig sizes, read_decoder_config(config, weights));
  HANOK_TRY(const bool tied, read_tied(config, weights, false));
  HANOK_TRY(RopeTable rope, read_rope(config, weights, {RopeStyle::kHalf, sizes.head_dim}));
  DecoderNames names;
  names.input_norm.hf = "model.layers.{}.pre_attention_layernorm";
  names.pre_mlp_norm.hf = "model.layers.{}.pre_mlp_layernorm";
  HANOK_TRY(Decoder decoder, load_decoder(sizes, names, {}, tied, std::move(rope), weights));
  return std::make_unique<DecoderModel>(std::move(decoder));
}

}  // namespace hanok
