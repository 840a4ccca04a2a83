// Steps that families built on nn::Decoder share when they read their configuration and weights.
#pragma once

#include "nn/config_reader.h"
#include "nn/decoder.h"
#include "nn/weight_loader.h"

namespace hanok {

// The sizes under the names most families use (hidden_size, num_attention_heads, ...; GGUF embedding_length, ...).
// vocab is taken from the embedding's rows where GGUF does not say it.
struct DecoderKeys {
  std::string_view n_layers = "num_hidden_layers", norm_eps = "rms_norm_eps";
  double usual_norm_eps = 1e-6;
};
Result<DecoderConfig> read_decoder_config(ConfigReader& config, const WeightLoader& weights,
                                          const DecoderKeys& keys = {});

// Names of one layer's parts; an empty hf name means that the family has none.
struct DecoderNames {
  TensorName embed_tokens{"model.embed_tokens", "token_embd"}, norm{"model.norm", "output_norm"},
      lm_head{"lm_head", "output"};
  TensorName input_norm{"model.layers.{}.input_layernorm", "blk.{}.attn_norm"};
  TensorName post_attention_norm{};  // after the attention branch, before the residual is added
  TensorName pre_mlp_norm{"model.layers.{}.post_attention_layernorm", "blk.{}.ffn_norm"};
  TensorName post_mlp_norm{};
  TensorName q_norm{}, k_norm{};
  TensorName q_proj{"model.layers.{}.self_attn.q_proj", "blk.{}.attn_q"},
      k_proj{"model.layers.{}.self_attn.k_proj", "blk.{}.attn_k"};
  TensorName v_proj{"model.layers.{}.self_attn.v_proj", "blk.{}.attn_v"},
      o_proj{"model.layers.{}.self_attn.o_proj", "blk.{}.attn_output"};
  TensorName gate_proj{"model.layers.{}.mlp.gate_proj", "blk.{}.ffn_gate"},
      up_proj{"model.layers.{}.mlp.up_proj", "blk.{}.ffn_up"};
  TensorName down_proj{"model.layers.{}.mlp.down_proj", "blk.{}.ffn_down"};
};

struct DecoderBiases {
  Bias qkv = Bias::kNone, o = Bias::kNone, mlp = Bias::kNone;
};

// Loads embeddings, layers, final norm and head. Every layer uses `rope` and full attention; a family changes layers
// after. The head is the embedding where `tied` and the file holds no head of its own.
Result<Decoder> load_decoder(const DecoderConfig& config, const DecoderNames& names, const DecoderBiases& biases,
                             bool tied, RopeTable rope, WeightLoader& weights);

// What a flag such as attention_bias means for its tensors; GGUF files have no such flags.
Bias bias_of(bool flag, const ConfigReader& config);

// The order of a head's rows whose rotated pairs (i, i + head_dim/2) come to lie side by side.
std::vector<int64_t> interleaved_pairs(int64_t head_dim);

// Whether the head shares the embedding: config.json's tie_word_embeddings; a GGUF file ties when it holds no output
// tensor.
Result<bool> read_tied(ConfigReader& config, const WeightLoader& weights, bool otherwise);

}  // namespace hanok
