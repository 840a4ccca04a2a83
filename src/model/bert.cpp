// BERT and XLM-RoBERTa, which differ in where positions begin. Also multilingual-e5, bge-m3, KURE.
#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "model/encoder_model.h"
#include "model/gpt_model.h"

namespace hanok {
namespace {

struct Part {
  const char* hf;
  const char* gguf;
};

constexpr Part kWords{"embeddings.word_embeddings", "token_embd"},
    kPositions{"embeddings.position_embeddings", "position_embd"},
    kTypes{"embeddings.token_type_embeddings", "token_types"},
    kEmbeddingNorm{"embeddings.LayerNorm", "token_embd_norm"};

// The tensors' names: bare in a file of the encoder alone, below the encoder's name in one of a larger model.
class Names {
 public:
  explicit Names(const WeightLoader& weights) {
    for (const char* prefix : {"bert.", "roberta.", "xlm_roberta."})
      if (weights.has({std::string(prefix) + kWords.hf, ""})) prefix_ = prefix;
  }
  // The name lives until the next call.
  TensorName of(const Part& part) {
    name_ = prefix_ + part.hf;
    return {name_, part.gguf};
  }
  std::string full(const std::string& hf) const { return prefix_ + hf; }

 private:
  std::string prefix_, name_;
};

Result<bool> is_gelu_by_tanh(ConfigReader& config) {
  const auto activation = config.text_or({"hidden_act", "hidden_activation"}, "gelu");
  if (!activation) return tl::unexpected(activation.error());
  constexpr std::string_view kTanh[] = {"gelu_new", "gelu_pytorch_tanh"};
  const bool by_tanh = std::find(std::begin(kTanh), std::end(kTanh), *activation) != std::end(kTanh);
  if (by_tanh || *activation == "gelu") return by_tanh;
  return fail(ErrorKind::kUnsupported, "unsupported configuration value", "hidden_act, hidden_activation",
              "gelu, gelu_new or gelu_pytorch_tanh", *activation);
}

Status read_sizes(ConfigReader& config, Encoder& e) {
  HANOK_TRY(e.hidden, config.dimension({"hidden_size", "embedding_length"}));
  HANOK_TRY(e.n_heads, config.dimension({"num_attention_heads", "attention.head_count"}));
  HANOK_TRY(e.ffn, config.dimension({"intermediate_size", "feed_forward_length"}));
  HANOK_TRY(e.n_positions, config.dimension({"max_position_embeddings", "context_length"}));
  if (e.hidden % e.n_heads != 0)
    return fail(ErrorKind::kCorruptFile, "heads do not divide the hidden size", "num_attention_heads",
                fmt::format("a divisor of {}", e.hidden), fmt::format("{}", e.n_heads));
  e.head_dim = e.hidden / e.n_heads;
  if (config.is_gguf()) e.position_offset = 0;  // the file begins with the first position that is used
  if (e.max_tokens() < 1)
    return fail(ErrorKind::kCorruptFile, "no position is left for a token", "max_position_embeddings",
                fmt::format("more than {}", e.position_offset), fmt::format("{}", e.n_positions));
  config.tell("context_length", gguf_u32(static_cast<uint32_t>(e.max_tokens())));
  HANOK_TRY(e.gelu_by_tanh, is_gelu_by_tanh(config));
  return config.expect_text("position_embedding_type", {"absolute"});
}

Status expect_no_mask(ConfigReader& config) {
  HANOK_TRY(const bool is_causal, config.flag_or({"is_decoder", "attention.causal"}, false));
  if (!is_causal) return {};
  return fail(ErrorKind::kUnsupported, "unsupported configuration value", "is_decoder, attention.causal", "false",
              "true");
}

Status load_layer(int64_t i, float eps, Names& names, WeightLoader& weights, Encoder& e) {
  const auto linear = [&](const Part& part, int64_t n_out, int64_t n_in) {
    return weights.linear(names.of(part), i, n_out, n_in, Bias::kRequired);
  };
  EncoderLayer layer;
  HANOK_TRY(layer.q_proj, linear({"encoder.layer.{}.attention.self.query", "blk.{}.attn_q"}, e.hidden, e.hidden));
  HANOK_TRY(layer.k_proj, linear({"encoder.layer.{}.attention.self.key", "blk.{}.attn_k"}, e.hidden, e.hidden));
  HANOK_TRY(layer.v_proj, linear({"encoder.layer.{}.attention.self.value", "blk.{}.attn_v"}, e.hidden, e.hidden));
  HANOK_TRY(layer.o_proj,
            linear({"encoder.layer.{}.attention.output.dense", "blk.{}.attn_output"}, e.hidden, e.hidden));
  HANOK_TRY(layer.up_proj, linear({"encoder.layer.{}.intermediate.dense", "blk.{}.ffn_up"}, e.ffn, e.hidden));
  HANOK_TRY(layer.down_proj, linear({"encoder.layer.{}.output.dense", "blk.{}.ffn_down"}, e.hidden, e.ffn));
  constexpr Part kAttentionNorm{"encoder.layer.{}.attention.output.LayerNorm", "blk.{}.attn_output_norm"},
      kOutputNorm{"encoder.layer.{}.output.LayerNorm", "blk.{}.layer_output_norm"};
  HANOK_TRY(layer.attention_norm, load_layer_norm(names.of(kAttentionNorm), i, e.hidden, eps, weights));
  HANOK_TRY(layer.output_norm, load_layer_norm(names.of(kOutputNorm), i, e.hidden, eps, weights));
  e.layers.push_back(std::move(layer));
  return {};
}

Status load_embeddings(ConfigReader& config, float eps, Names& names, WeightLoader& weights, Encoder& e) {
  const auto n_rows_in_gguf = [&](const char* name) -> int64_t {
    const TensorView* table = config.is_gguf() ? weights.checkpoint().find(name) : nullptr;
    return table != nullptr ? table->shape[0] : 0;
  };
  HANOK_TRY(e.vocab, config.dimension_or({"vocab_size", ""}, n_rows_in_gguf("token_embd.weight")));
  HANOK_TRY(e.words, weights.embedding(names.of(kWords), e.vocab, e.hidden));
  HANOK_TRY(e.positions, weights.embedding(names.of(kPositions), e.n_positions, e.hidden));
  if (weights.has(names.of(kTypes))) {
    HANOK_TRY(e.n_types, config.dimension_or({"type_vocab_size", ""}, n_rows_in_gguf("token_types.weight")));
    HANOK_TRY(e.types, weights.embedding(names.of(kTypes), e.n_types, e.hidden));
  }
  HANOK_TRY(e.embedding_norm, load_layer_norm(names.of(kEmbeddingNorm), -1, e.hidden, eps, weights));
  return {};
}

// What belongs to other uses of the encoder: masked words, the first sentence's vector, constants.
void ignore_heads(const Names& names, ConfigReader& config, WeightLoader& weights) {
  config.ignore({"tie_word_embeddings", "output_past", "directionality", "pooler_fc_size", "pooler_num_attention_heads",
                 "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type"});
  for (const char* name :
       {"embeddings.position_ids", "embeddings.token_type_ids", "pooler.dense.weight", "pooler.dense.bias"})
    weights.ignore(names.full(name));
  for (const std::string& name : weights.checkpoint().names())
    if (name.starts_with("cls.") || name.starts_with("lm_head.")) weights.ignore(name);
}

Result<Encoder> load(int64_t position_offset, ConfigReader& config, WeightLoader& weights) {
  Encoder e;
  e.position_offset = position_offset;
  HANOK_RETURN_IF_ERROR(read_sizes(config, e));
  HANOK_RETURN_IF_ERROR(expect_no_mask(config));
  HANOK_TRY(const int64_t n_layers, config.dimension({"num_hidden_layers", "block_count"}));
  HANOK_TRY(const float eps, config.epsilon_or({"layer_norm_eps", "attention.layer_norm_epsilon"}, 1e-12));
  Names names(weights);
  weights.in_gguf({"", kPositions.gguf}, {.first_row = e.position_offset});
  HANOK_RETURN_IF_ERROR(load_embeddings(config, eps, names, weights, e));
  for (int64_t i = 0; i < n_layers; ++i) HANOK_RETURN_IF_ERROR(load_layer(i, eps, names, weights, e));
  if (!config.is_gguf()) ignore_heads(names, config, weights);
  return e;
}

}  // namespace

Result<Encoder> load_bert(ConfigReader& config, WeightLoader& weights) {
  return load(0, config, weights);
}

// Positions count from the padding token's id plus 1.
Result<Encoder> load_xlm_roberta(ConfigReader& config, WeightLoader& weights) {
  HANOK_TRY(const int64_t padding, config.integer_or({"pad_token_id", ""}, 1));
  if (padding < 0 || padding > (1 << 24))
    return fail(ErrorKind::kCorruptFile, "wrong value of configuration key", "pad_token_id", "a token id",
                fmt::format("{}", padding));
  return load(padding + 1, config, weights);
}

}  // namespace hanok
