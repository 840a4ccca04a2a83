// The families Hanok runs, one line each.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/locale.h"
#include "model/encoder_model.h"
#include "model/families.h"
#include "model/model.h"

namespace hanok {
namespace {

constexpr Family kFamilies[] = {
    {"llama", "llama", load_llama},
    {"qwen2", "qwen2", load_qwen2},
    {"kormo", "qwen2", load_kormo},  // its GGUF files are read by the line above
    {"qwen3", "qwen3", load_qwen3},
    {"exaone", "exaone", load_exaone},
    {"exaone4", "exaone4", load_exaone4},
    // GGUF files that call themselves hyperclovax come from NAVER's fork of llama.cpp and follow other formulas.
    {"hyperclovax", "hanok_hyperclovax", load_hyperclovax},
    {"gemma3_text", "gemma3", load_gemma3},
    {"gpt_neox", "gptneox", load_gpt_neox},
    {"gptj", "gptj", load_gptj},
};

Error unknown_architecture(const Checkpoint& checkpoint, const std::string& architecture) {
  std::vector<std::string_view> known;
  for (const Family& family : kFamilies) {
    const std::string_view name = checkpoint.is_gguf() ? family.gguf : family.hf;
    if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
  }
  return Error{ErrorKind::kUnsupported,
               in_language("모르는 모델 구조입니다", "unknown architecture"),
               checkpoint.path().string(),
               fmt::format("{}", fmt::join(known, ", ")),
               architecture.empty() ? in_language("없음", "none") : architecture,
               in_language("hanok list --families가 이 판이 실행하는 것을 보입니다",
                           "hanok list --families shows what this version runs")};
}

Error only_embeds(const Checkpoint& checkpoint, const std::string& architecture) {
  return Error{
      ErrorKind::kUnsupported,
      in_language("글을 쓰지 않고 벡터로 바꾸는 모델입니다", "the model turns texts into vectors and writes none"),
      checkpoint.path().string(),
      in_language("글을 쓰는 모델", "a model that writes"),
      architecture,
      "hanok embed"};
}

Result<const Family*> find_family(const Checkpoint& checkpoint, const std::string& architecture) {
  const auto* family = std::find_if(std::begin(kFamilies), std::end(kFamilies), [&](const Family& f) {
    return architecture == (checkpoint.is_gguf() ? f.gguf : f.hf);
  });
  if (family == std::end(kFamilies))
    return fail(is_encoder(checkpoint) ? only_embeds(checkpoint, architecture)
                                       : unknown_architecture(checkpoint, architecture));
  return family;
}

Result<std::unique_ptr<Model>> load_with(const Family& family, ConfigReader& config, WeightLoader& weights) {
  HANOK_TRY(std::unique_ptr<Model> model, family.load(config, weights));
  HANOK_RETURN_IF_ERROR(config.finish());
  HANOK_RETURN_IF_ERROR(weights.finish());
  return model;
}

Result<std::unique_ptr<Model>> load_recorded(const Checkpoint& checkpoint, const ExecContext& ctx, LoadRecord& record) {
  ConfigReader config(checkpoint, &record);
  WeightLoader weights(checkpoint, ctx, record);
  HANOK_TRY(const Family* family, find_family(checkpoint, config.architecture()));
  record.architecture = family->gguf;
  return load_with(*family, config, weights);
}

}  // namespace

std::span<const Family> families() {
  return kFamilies;
}

std::string model_name(const std::filesystem::path& path) {
  const auto whole = path.filename().empty() ? path.parent_path() : path;  // "folder/"
  return whole.extension() == ".gguf" ? whole.stem().string() : whole.filename().string();
}

DecoderModel::DecoderModel(Decoder decoder) : decoder_(std::move(decoder)) {
  const DecoderConfig& c = decoder_.config;
  ModelInfo& i = info();
  i.n_layers = c.n_layers, i.hidden = c.hidden, i.n_heads = c.n_heads, i.n_kv_heads = c.n_kv_heads;
  i.head_dim = c.head_dim, i.ffn = c.ffn, i.vocab = c.vocab, i.max_context = c.max_context;
  for (const DecoderLayer& layer : decoder_.layers) i.windows.push_back(layer.window);
}

Status known_family(const Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint);
  HANOK_RETURN_IF_ERROR(find_family(checkpoint, config.architecture()));
  return {};
}

Result<LoadRecord> record_loading(const Checkpoint& checkpoint, const ExecContext& ctx) {
  if (is_encoder(checkpoint)) return record_encoder_loading(checkpoint, ctx);
  LoadRecord record;
  HANOK_RETURN_IF_ERROR(load_recorded(checkpoint, ctx, record));
  return record;
}

Result<std::unique_ptr<Model>> load_outline(const Checkpoint& checkpoint, const ExecContext& ctx) {
  LoadRecord unread;
  return load_recorded(checkpoint, ctx, unread);
}

Result<std::unique_ptr<Model>> load_model(const Checkpoint& checkpoint, const ExecContext& ctx,
                                          const std::function<void(double)>& progress, PackCache* packs) {
  ConfigReader config(checkpoint);
  WeightLoader weights(checkpoint, ctx, progress, packs);
  HANOK_TRY(const Family* family, find_family(checkpoint, config.architecture()));
  HANOK_TRY(std::unique_ptr<Model> model, load_with(*family, config, weights));
  ModelInfo& info = model->info();
  info.architecture = config.architecture();
  info.weights_bytes = checkpoint.weights_bytes();
  for (const std::string& name : checkpoint.names())
    info.n_params += static_cast<uint64_t>(checkpoint.find(name)->shape.n_elems());
  info.name = model_name(checkpoint.path());
  if (checkpoint.is_gguf()) info.name = checkpoint.gguf().get_string("general.name").value_or(info.name);
  return model;
}

}  // namespace hanok
