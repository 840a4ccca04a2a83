// HyperCLOVA X SEED Think: Llama's block with scaled embeddings, attention, residuals and logits, and optional norms
// after each branch. GGUF files of this family are Hanok's own, under the architecture hanok_hyperclovax.
#include "model/decoder_parts.h"
#include "model/families.h"
#include "nn/rope_scaling.h"

namespace hanok {

Result<std::unique_ptr<Model>> load_hyperclovax(ConfigReader& config, WeightLoader& weights) {
  HANOK_RETURN_IF_ERROR(config.expect_text("hidden_act", {"silu"}));
  HANOK_TRY(const bool attention_bias, config.flag_or({"attention_bias", ""}, false));
  HANOK_TRY(const bool mlp_bias, config.flag_or({"mlp_bias", ""}, false));
  HANOK_TRY(const bool use_post_norm, config.flag_or({"use_post_norm", "use_post_norm"}, false));
  HANOK_TRY(DecoderConfig sizes, read_decoder_config(config, weights));
  const auto read = [&](ConfigKey key, float& value) -> Status {
    HANOK_TRY(const double number, config.number_or(key, static_cast<double>(value)));
    value = static_cast<float>(number);
    return {};
  };
  HANOK_RETURN_IF_ERROR(read({"embedding_multiplier", "embedding_scale"}, sizes.embedding_scale));
  HANOK_RETURN_IF_ERROR(read({"attention_multiplier", "attention.scale"}, sizes.attention_scale));
  HANOK_RETURN_IF_ERROR(read({"residual_multiplier", "residual_scale"}, sizes.residual_scale));
  HANOK_RETURN_IF_ERROR(read({"logits_scaling", "logit_scale"}, sizes.logit_scale));  // multiplies (Granite divides)
  HANOK_TRY(const bool tied, read_tied(config, weights, false));
  HANOK_TRY(RopeTable rope, read_rope(config, weights, {RopeStyle::kHalf, sizes.head_dim}));
  DecoderNames names;
  if (use_post_norm) {
    names.post_attention_norm = {"model.layers.{}.post_norm1", "blk.{}.post_attention_norm"};
    names.post_mlp_norm = {"model.layers.{}.post_norm2", "blk.{}.post_ffw_norm"};
  }
  const Bias bias = bias_of(attention_bias, config);
  const DecoderBiases biases{bias, bias, bias_of(mlp_bias, config)};
  HANOK_TRY(Decoder decoder, load_decoder(sizes, names, biases, tied, std::move(rope), weights));
  return std::make_unique<DecoderModel>(std::move(decoder));
}

}  // namespace hanok
