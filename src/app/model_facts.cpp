#include "app/model_facts.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "app/output.h"
#include "app/report.h"
#include "engine/engine.h"
#include "model/encoder_model.h"
#include "model/model.h"
#include "nn/config_reader.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

struct TypeTotals {
  int64_t n_tensors = 0;
  uint64_t n_params = 0, n_bytes = 0;
};

// By bytes, largest first.
std::vector<std::pair<std::string, TypeTotals>> types_of(const Checkpoint& checkpoint) {
  std::map<std::string, TypeTotals> totals;
  for (const std::string& name : checkpoint.names()) {
    const TensorView* view = checkpoint.find(name);
    TypeTotals& t = totals[std::string(dtype_name(view->dtype))];
    ++t.n_tensors;
    t.n_params += static_cast<uint64_t>(view->shape.n_elems());
    t.n_bytes += view->n_bytes();
  }
  std::vector<std::pair<std::string, TypeTotals>> sorted(totals.begin(), totals.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.n_bytes > b.second.n_bytes; });
  return sorted;
}

Result<Json> memory_facts(const Model& model, uint64_t weights_bytes, const MemoryQuestion& question) {
  HANOK_TRY(const int64_t context, context_of(question.context, model.info().max_context));
  const uint64_t kv_bytes = KvCache::bytes_for(model.kv_shape(), question.kv, context);
  return Json{{"context", context},
              {"kv", question.kv == KvType::kQ8 ? "q8" : "f16"},
              {"weights_bytes", weights_bytes},
              {"kv_bytes", kv_bytes},
              {"total_bytes", weights_bytes + kv_bytes}};
}

Json size_facts(const ModelInfo& info) {
  return {{"n_layers", info.n_layers},     {"hidden", info.hidden},          {"n_heads", info.n_heads},
          {"n_kv_heads", info.n_kv_heads}, {"head_dim", info.head_dim},      {"ffn", info.ffn},
          {"vocab", info.vocab},           {"max_context", info.max_context}};
}

Json embedding_facts(const EncoderModel& model) {
  return {{"dim", model.info.hidden},
          {"pooling", model.rules.pooling == Pooling::kMean ? "mean" : "first"},
          {"query_prefix", model.rules.query_prefix},
          {"passage_prefix", model.rules.passage_prefix}};
}

// An encoder's sizes and what it says of its vectors.
Result<Json> encoder_facts(const Checkpoint& checkpoint) {
  HANOK_TRY(const KernelTable* kernels, choose_kernels());
  ThreadPool pool(1);
  const ExecContext ctx{pool, *kernels};
  HANOK_TRY(const std::unique_ptr<EncoderModel> model, load_encoder_outline(checkpoint, ctx));
  Json facts = size_facts(model->info);
  facts["embedding"] = embedding_facts(*model);
  return facts;
}

// A decoder's sizes and memory. Error: a context longer than the model's.
Result<Json> decoder_facts(const Checkpoint& checkpoint, const MemoryQuestion& question) {
  HANOK_TRY(const KernelTable* kernels, choose_kernels());
  ThreadPool pool(1);
  HANOK_TRY(const std::unique_ptr<Model> model, load_outline(checkpoint, {pool, *kernels}));
  Json facts = size_facts(model->info());
  HANOK_TRY(facts["memory"], memory_facts(*model, checkpoint.weights_bytes(), question));
  return facts;
}

}  // namespace

Json store_facts(const ModelDescription& d) {
  Json facts{{"name", d.name}, {"path", d.path.string()}, {"installed", !d.path.empty()}};
  if (d.entry) facts["catalogue"] = entry_json(*d.entry);
  facts["licence"] = d.stored ? d.stored->licence : d.entry ? d.entry->licence.name : "";
  facts["licence_accepted"] = d.licence_accepted;
  facts["origin"] = d.stored ? d.stored->origin : d.path.empty() ? "" : "local";
  if (d.stored) {
    facts["pulled_at"] = d.stored->pulled_at;
    facts["files"] = files_json(*d.stored);
  }
  return facts;
}

Result<Json> checkpoint_facts(const Checkpoint& checkpoint, const MemoryQuestion& question) {
  Json types = Json::object();
  uint64_t n_params = 0;
  for (const auto& [name, t] : types_of(checkpoint)) {
    types[name] = {{"tensors", t.n_tensors}, {"parameters", t.n_params}, {"bytes", t.n_bytes}};
    n_params += t.n_params;
  }
  Json facts{{"architecture", ConfigReader(checkpoint).architecture()},
             {"supported", false},
             {"format", checkpoint.is_gguf() ? "gguf" : "safetensors"},
             {"parameters", n_params},
             {"weights_bytes", checkpoint.weights_bytes()},
             {"tensor_types", types}};
  if (checkpoint.is_gguf()) {
    if (const auto licence = checkpoint.gguf().get_string("general.license")) facts["file_licence"] = *licence;
    if (const auto title = checkpoint.gguf().get_string("general.name")) facts["title"] = *title;
  }
  const auto more = is_encoder(checkpoint) ? encoder_facts(checkpoint) : decoder_facts(checkpoint, question);
  if (!more && more.error().where == "--context") return tl::unexpected(more.error());
  facts["supported"] = more.has_value();
  if (more) {
    facts.update(*more);
  } else {
    facts["problem"] = more.error().to_string();
  }
  return facts;
}

}  // namespace hanok
