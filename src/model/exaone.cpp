// EXAONE 3.0, 3.5 and Deep: Llama's block under GPT-2's names.
#include "model/decoder_parts.h"
#include "model/families.h"
#include "nn/rope_scaling.h"

namespace hanok {
namespace {

DecoderNames exaone_names() {
  DecoderNames names;
  names.embed_tokens = {"transformer.wte", "token_embd"};
  names.norm = {"transformer.ln_f", "output_norm"};
  names.input_norm = {"transformer.h.{}.ln_1", "blk.{}.attn_norm"};
  names.pre_mlp_norm = {"transformer.h.{}.ln_2", "blk.{}.ffn_norm"};
  names.q_proj = {"transformer.h.{}.attn.attention.q_proj", "blk.{}.attn_q"};
  names.k_proj = {"transformer.h.{}.attn.attention.k_proj", "blk.{}.attn_k"};
  names.v_proj = {"transformer.h.{}.attn.attention.v_proj", "blk.{}.attn_v"};
  names.o_proj = {"transformer.h.{}.attn.attention.out_proj", "blk.{}.attn_output"};
  names.gate_proj = {"transformer.h.{}.mlp.c_fc_0", "blk.{}.ffn_gate"};
  names.up_proj = {"transformer.h.{}.mlp.c_fc_1", "blk.{}.ffn_up"};
  names.down_proj = {"transformer.h.{}.mlp.c_proj", "blk.{}.ffn_down"};
  return names;
}

}  // namespace

Result<std::unique_ptr<Model>> load_exaone(ConfigReader& config, WeightLoader& weights) {
  HANOK_RETURN_IF_ERROR(config.expect_text("activation_function", {"silu"}));
  HANOK_TRY(const DecoderConfig sizes,
            read_decoder_config(config, weights, {"num_layers", "layer_norm_epsilon", 1e-5}));
  HANOK_TRY(const bool tied, read_tied(config, weights, false));
  HANOK_TRY(RopeTable rope, read_rope(config, weights, {RopeStyle::kHalf, sizes.head_dim}));
  HANOK_TRY(Decoder decoder, load_decoder(sizes, exaone_names(), {}, tied, std::move(rope), weights));
  return std::make_unique<DecoderModel>(std::move(decoder));
}

}  // namespace hanok
