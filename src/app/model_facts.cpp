#include "app/model_facts.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "app/output.h"
#include "app/report.h"
#include "model/model.h"
#include "nn/config_reader.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kDefaultContext = 8192;  // as the engine's

bool is_supported(const Checkpoint& checkpoint, const std::string& architecture) {
  for (const Family& family : families()) {
    const char* name = checkpoint.is_gguf() ? family.gguf : family.hf;
    if (name != nullptr && architecture == name) return true;
  }
  return false;
}

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

// A size of the configuration where it is there and makes sense.
std::optional<int64_t> size_of(ConfigReader& config, std::initializer_list<ConfigKey> keys) {
  for (const ConfigKey& key : keys) {
    const auto value = config.integer_or(key, 0);
    if (value && *value > 0 && *value < (int64_t{1} << 32)) return *value;
  }
  return std::nullopt;
}

// GGUF files seldom say it: their embedding has a row for each token.
std::optional<int64_t> vocabulary_of(const Checkpoint& checkpoint, ConfigReader& config) {
  if (const auto said = size_of(config, {{"vocab_size", "vocab_size"}})) return said;
  const TensorView* embedding = checkpoint.is_gguf() ? checkpoint.find("token_embd.weight") : nullptr;
  if (embedding == nullptr || embedding->shape.rank != 2) return std::nullopt;
  return embedding->shape[0];
}

Result<Json> memory_facts(const KvCache::Shape& shape, uint64_t weights_bytes, std::optional<int64_t> longest,
                          const MemoryQuestion& question) {
  if (longest && question.context > *longest) {
    return fail(ErrorKind::kLimit,
                in_language("모델이 배운 것보다 긴 문맥입니다", "context longer than the model was made for"),
                "--context", fmt::format(fmt::runtime(in_language("최대 {}토큰", "at most {} tokens")), *longest),
                fmt::format("{}", question.context));
  }
  const int64_t own = std::min(longest.value_or(kDefaultContext), kDefaultContext);
  const int64_t context = question.context > 0 ? question.context : own;
  const uint64_t kv_bytes = KvCache::bytes_for(shape, question.kv, context);
  return Json{{"context", context},
              {"kv", question.kv == KvType::kQ8 ? "q8" : "f16"},
              {"weights_bytes", weights_bytes},
              {"kv_bytes", kv_bytes},
              {"total_bytes", weights_bytes + kv_bytes}};
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
  ConfigReader config(checkpoint);
  Json types = Json::object();
  uint64_t n_params = 0;
  for (const auto& [name, t] : types_of(checkpoint)) {
    types[name] = {{"tensors", t.n_tensors}, {"parameters", t.n_params}, {"bytes", t.n_bytes}};
    n_params += t.n_params;
  }
  Json facts{{"architecture", config.architecture()},
             {"supported", is_supported(checkpoint, config.architecture())},
             {"format", checkpoint.is_gguf() ? "gguf" : "safetensors"},
             {"parameters", n_params},
             {"weights_bytes", checkpoint.weights_bytes()},
             {"tensor_types", types}};
  if (checkpoint.is_gguf()) {
    if (const auto licence = checkpoint.gguf().get_string("general.license")) facts["file_licence"] = *licence;
    if (const auto title = checkpoint.gguf().get_string("general.name")) facts["title"] = *title;
  }
  const auto n_layers = size_of(config, {{"num_hidden_layers", "block_count"}, {"num_layers", ""}, {"n_layer", ""}});
  const auto hidden = size_of(config, {{"hidden_size", "embedding_length"}, {"n_embd", ""}});
  const auto n_heads = size_of(config, {{"num_attention_heads", "attention.head_count"}, {"n_head", ""}});
  const auto longest = size_of(config, {{"max_position_embeddings", "context_length"}, {"n_positions", ""}});
  const auto n_kv_heads = size_of(config, {{"num_key_value_heads", "attention.head_count_kv"}});
  auto head_dim = size_of(config, {{"head_dim", "attention.key_length"}});
  if (!head_dim && hidden && n_heads) head_dim = *hidden / *n_heads;
  const auto add = [&facts](const char* key, const std::optional<int64_t>& value) {
    if (value) facts[key] = *value;
  };
  add("n_layers", n_layers);
  add("hidden", hidden);
  add("n_heads", n_heads);
  add("n_kv_heads", n_kv_heads ? n_kv_heads : n_heads);
  add("head_dim", head_dim);
  add("ffn", size_of(config, {{"intermediate_size", "feed_forward_length"}, {"n_inner", ""}}));
  add("vocab", vocabulary_of(checkpoint, config));
  add("max_context", longest);
  constexpr int64_t kMost = 1 << 20;  // per factor, so that the bytes cannot overflow
  if (!n_layers || !n_heads || !head_dim || *n_layers > kMost || *n_heads > kMost || *head_dim > kMost) return facts;
  const KvCache::Shape shape{static_cast<int>(*n_layers), static_cast<int>(n_kv_heads.value_or(*n_heads)),
                             static_cast<int>(*head_dim)};
  if (shape.n_kv_heads > kMost) return facts;
  HANOK_TRY(facts["memory"], memory_facts(shape, checkpoint.weights_bytes(), longest, question));
  return facts;
}

}  // namespace hanok
