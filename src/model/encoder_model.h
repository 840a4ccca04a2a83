// A loaded encoder: turns sequences of tokens into vectors, one for each.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "model/model.h"
#include "nn/encoder.h"

namespace hanok {

// What a model says about its vectors beside the network itself.
struct EmbeddingRules {
  Pooling pooling = Pooling::kMean;
  bool normalized = true;
  std::string query_prefix, passage_prefix;  // written before a text, "query: "
};

struct EncoderModel {
  ModelInfo info;
  Encoder encoder;
  EmbeddingRules rules;

  // vectors: [batch.sequences.size(), hidden].
  void forward(const ExecContext& ctx, const EncoderBatch& batch, Workspace& work, float* vectors) const;
};

// One line of the registry, as Family.
struct EncoderFamily {
  const char* hf;
  const char* gguf;
  Result<Encoder> (*load)(ConfigReader& config, WeightLoader& weights);
};
std::span<const EncoderFamily> encoder_families();

// Whether the checkpoint's architecture is one of them.
bool is_encoder(const Checkpoint& checkpoint);

// As load_model. Error, too: a model that is none of encoder_families().
Result<std::unique_ptr<EncoderModel>> load_encoder(const Checkpoint& checkpoint, const ExecContext& ctx,
                                                   const std::function<void(double)>& progress = {},
                                                   PackCache* packs = nullptr);
// The model without its matrices.
Result<std::unique_ptr<EncoderModel>> load_encoder_outline(const Checkpoint& checkpoint, const ExecContext& ctx);
// As record_loading.
Result<LoadRecord> record_encoder_loading(const Checkpoint& checkpoint, const ExecContext& ctx);

// From GGUF's keys, or from sentence-transformers' files in a folder: 1_Pooling/config.json, and
// config_sentence_transformers.json where there is one. Error: how states become a vector is not said, or neither the
// mean nor the first.
Result<EmbeddingRules> read_embedding_rules(const Checkpoint& checkpoint, ConfigReader& config);

Result<Encoder> load_bert(ConfigReader& config, WeightLoader& weights);
Result<Encoder> load_xlm_roberta(ConfigReader& config, WeightLoader& weights);

}  // namespace hanok
