// The families Hanok runs, one line each.
#include <algorithm>

#include "model/families.h"
#include "model/model.h"

namespace hanok {
namespace {

constexpr Family kFamilies[] = {
    {"llama", "llama", load_llama},
    {"qwen2", "qwen2", load_qwen2},
    {"qwen3", "qwen3", load_qwen3},
    {"exaone", "exaone", load_exaone},
    {"exaone4", "exaone4", load_exaone4},
    {"hyperclovax", nullptr, load_hyperclovax},  // GGUF files of NAVER's fork follow other formulas
    {"gemma3_text", "gemma3", load_gemma3},
    {"gpt_neox", "gptneox", load_gpt_neox},
    {"gptj", "gptj", load_gptj},
};

Error unknown_architecture(const Checkpoint& checkpoint, const std::string& architecture) {
  std::string known;
  for (const Family& family : kFamilies) {
    const char* name = checkpoint.is_gguf() ? family.gguf : family.hf;
    if (name != nullptr) known += (known.empty() ? "" : ", ") + std::string(name);
  }
  return Error{ErrorKind::kUnsupported,
               "unknown architecture",
               checkpoint.path().string(),
               known,
               architecture.empty() ? "none" : architecture,
               "hanok list --families shows what this version runs"};
}

}  // namespace

std::span<const Family> families() {
  return kFamilies;
}

DecoderModel::DecoderModel(Decoder decoder) : decoder_(std::move(decoder)) {
  const DecoderConfig& c = decoder_.config;
  ModelInfo& i = info();
  i.n_layers = c.n_layers, i.hidden = c.hidden, i.n_heads = c.n_heads, i.n_kv_heads = c.n_kv_heads;
  i.head_dim = c.head_dim, i.ffn = c.ffn, i.vocab = c.vocab, i.max_context = c.max_context;
}

Result<std::unique_ptr<Model>> load_model(const Checkpoint& checkpoint, const ExecContext& ctx,
                                          const std::function<void(double)>& progress) {
  ConfigReader config(checkpoint);
  const std::string& architecture = config.architecture();
  const auto* family = std::find_if(std::begin(kFamilies), std::end(kFamilies), [&](const Family& f) {
    const char* name = checkpoint.is_gguf() ? f.gguf : f.hf;
    return name != nullptr && architecture == name;
  });
  if (family == std::end(kFamilies)) return fail(unknown_architecture(checkpoint, architecture));

  WeightLoader weights(checkpoint, ctx, progress);
  HANOK_TRY(std::unique_ptr<Model> model, family->load(config, weights));
  HANOK_RETURN_IF_ERROR(config.finish());
  HANOK_RETURN_IF_ERROR(weights.finish());
  ModelInfo& info = model->info();
  info.architecture = architecture;
  info.weights_bytes = checkpoint.weights_bytes();
  for (const std::string& name : checkpoint.names())
    info.n_params += static_cast<uint64_t>(checkpoint.find(name)->shape.n_elems());
  info.name = checkpoint.path().stem().string();
  if (checkpoint.is_gguf()) info.name = checkpoint.gguf().get_string("general.name").value_or(info.name);
  return model;
}

}  // namespace hanok
