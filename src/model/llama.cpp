// Llama: pre-norm, rotary GQA, gated SiLU. Also Kanana 1.x, HyperCLOVA X SEED Text, Mi:dm 2.0, A.X 3.1, Tri, Trillion
// and SOLAR.
#include "model/decoder_parts.h"
#include "model/families.h"
#include "nn/rope_scaling.h"

namespace hanok {

Result<std::unique_ptr<Model>> load_llama(ConfigReader& config, WeightLoader& weights) {
  HANOK_RETURN_IF_ERROR(config.expect_text("hidden_act", {"silu"}));
  HANOK_TRY(const bool attention_bias, config.flag_or({"attention_bias", ""}, false));
  HANOK_TRY(const bool mlp_bias, config.flag_or({"mlp_bias", ""}, false));
  HANOK_TRY(const DecoderConfig sizes, read_decoder_config(config, weights));
  HANOK_TRY(const bool tied, read_tied(config, weights, false));
  // GGUF files of this architecture hold q and k with rows permuted so that rotated pairs lie side by side.
  const RopeStyle style = config.is_gguf() ? RopeStyle::kInterleaved : RopeStyle::kHalf;
  HANOK_TRY(const int64_t n_rot, config.dimension_or({"", "rope.dimension_count"}, sizes.head_dim));
  HANOK_TRY(RopeTable rope, read_rope(config, weights, {style, sizes.head_dim, n_rot}));
  const DecoderNames names;
  for (const TensorName& name : {names.q_proj, names.k_proj})
    weights.in_gguf(name, {.row_order = interleaved_pairs(sizes.head_dim)});
  const Bias bias = bias_of(attention_bias, config);
  const DecoderBiases biases{bias, bias, bias_of(mlp_bias, config)};
  HANOK_TRY(Decoder decoder, load_decoder(sizes, names, biases, tied, std::move(rope), weights));
  return std::make_unique<DecoderModel>(std::move(decoder));
}

}  // namespace hanok
