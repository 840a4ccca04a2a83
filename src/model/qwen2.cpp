// Qwen 2 and 2.5: Llama's block with biases on q, k and v. Also A.X 4.0, and the GGUF files of KORMo.
#include "model/decoder_parts.h"
#include "model/families.h"
#include "nn/rope_scaling.h"

namespace hanok {

Result<std::unique_ptr<Model>> load_qwen2(ConfigReader& config, WeightLoader& weights) {
  HANOK_RETURN_IF_ERROR(config.expect_text("hidden_act", {"silu"}));
  HANOK_RETURN_IF_ERROR(config.expect_false("use_sliding_window"));
  config.ignore(
      {"sliding_window", "max_window_layers", "layer_types", "use_mrope"});  // without effect while the window is off
  HANOK_TRY(const DecoderConfig sizes, read_decoder_config(config, weights));
  HANOK_TRY(const bool tied, read_tied(config, weights, false));
  HANOK_TRY(RopeTable rope, read_rope(config, weights, {RopeStyle::kHalf, sizes.head_dim}));
  const DecoderBiases biases{config.is_gguf() ? Bias::kIfPresent : Bias::kRequired, Bias::kNone, Bias::kNone};
  HANOK_TRY(Decoder decoder, load_decoder(sizes, DecoderNames{}, biases, tied, std::move(rope), weights));
  return std::make_unique<DecoderModel>(std::move(decoder));
}

}  // namespace hanok
