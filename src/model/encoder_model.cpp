// The encoders Hanok runs, one line each, and how one is loaded.
#include "model/encoder_model.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/locale.h"

namespace hanok {
namespace {

constexpr EncoderFamily kFamilies[] = {
    {"bert", "bert", load_bert},
    {"xlm-roberta", "bert", load_xlm_roberta},  // its GGUF files are read by the line above
};

const EncoderFamily* find_family(const Checkpoint& checkpoint, const std::string& architecture) {
  for (const EncoderFamily& family : kFamilies)
    if (architecture == (checkpoint.is_gguf() ? family.gguf : family.hf)) return &family;
  return nullptr;
}

Error no_encoder(const Checkpoint& checkpoint, const std::string& architecture) {
  return Error{ErrorKind::kUnsupported,
               in_language("글을 벡터로 바꾸는 모델이 아닙니다", "not a model that turns texts into vectors"),
               checkpoint.path().string(),
               checkpoint.is_gguf() ? "bert" : in_language("bert나 xlm-roberta", "bert or xlm-roberta"),
               architecture.empty() ? in_language("없음", "none") : architecture,
               "hanok pull multilingual-e5-small"};
}

Result<std::unique_ptr<EncoderModel>> load_with(const Checkpoint& checkpoint, ConfigReader& config,
                                                WeightLoader& weights) {
  const EncoderFamily* family = find_family(checkpoint, config.architecture());
  if (family == nullptr) return fail(no_encoder(checkpoint, config.architecture()));
  auto model = std::make_unique<EncoderModel>();
  HANOK_TRY(model->encoder, family->load(config, weights));
  HANOK_TRY(model->rules, read_embedding_rules(checkpoint, config));
  HANOK_RETURN_IF_ERROR(config.finish());
  HANOK_RETURN_IF_ERROR(weights.finish());
  const Encoder& e = model->encoder;
  ModelInfo& i = model->info;
  i.architecture = config.architecture();
  i.n_layers = static_cast<int64_t>(e.layers.size()), i.hidden = e.hidden, i.n_heads = i.n_kv_heads = e.n_heads;
  i.head_dim = e.head_dim, i.ffn = e.ffn, i.vocab = e.vocab, i.max_context = e.max_tokens();
  i.weights_bytes = checkpoint.weights_bytes();
  for (const std::string& name : checkpoint.names())
    i.n_params += static_cast<uint64_t>(checkpoint.find(name)->shape.n_elems());
  i.name = model_name(checkpoint.path());
  if (checkpoint.is_gguf()) i.name = checkpoint.gguf().get_string("general.name").value_or(i.name);
  return model;
}

}  // namespace

std::span<const EncoderFamily> encoder_families() {
  return kFamilies;
}

bool is_encoder(const Checkpoint& checkpoint) {
  return find_family(checkpoint, ConfigReader(checkpoint).architecture()) != nullptr;
}

void EncoderModel::forward(const ExecContext& ctx, const EncoderBatch& batch, Workspace& work, float* vectors) const {
  encoder.forward(ctx, batch, work);
  pool_states(work.states.data(), encoder.hidden, batch.sequences, rules.pooling, rules.normalized, vectors);
}

Result<std::unique_ptr<EncoderModel>> load_encoder(const Checkpoint& checkpoint, const ExecContext& ctx,
                                                   const std::function<void(double)>& progress, PackCache* packs) {
  ConfigReader config(checkpoint);
  WeightLoader weights(checkpoint, ctx, progress, packs);
  return load_with(checkpoint, config, weights);
}

Result<std::unique_ptr<EncoderModel>> load_encoder_outline(const Checkpoint& checkpoint, const ExecContext& ctx) {
  LoadRecord unread;
  ConfigReader config(checkpoint, &unread);
  WeightLoader weights(checkpoint, ctx, unread);
  return load_with(checkpoint, config, weights);
}

Result<LoadRecord> record_encoder_loading(const Checkpoint& checkpoint, const ExecContext& ctx) {
  LoadRecord record;
  ConfigReader config(checkpoint, &record);
  WeightLoader weights(checkpoint, ctx, record);
  HANOK_RETURN_IF_ERROR(load_with(checkpoint, config, weights));
  record.architecture = find_family(checkpoint, config.architecture())->gguf;
  return record;
}

}  // namespace hanok
