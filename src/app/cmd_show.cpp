// The commands show and cache: what a model is, and what the store holds.
#include <map>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/report.h"
#include "base/locale.h"
#include "hub/hub.h"
#include "nn/config_reader.h"
#include "ops/kv_cache.h"
#include "text/chat_template.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

std::string text(std::string_view korean, std::string_view english) {
  return std::string(tr(korean, english));
}

Json describe_checkpoint(const Checkpoint& checkpoint, int64_t context) {
  ConfigReader config(checkpoint);
  Json facts{{"architecture", config.architecture()},
             {"format", checkpoint.is_gguf() ? "gguf" : "safetensors"},
             {"weights_bytes", checkpoint.weights_bytes()}};
  uint64_t n_params = 0;
  std::map<std::string, int> types;
  for (const std::string& name : checkpoint.names()) {
    const TensorView* view = checkpoint.find(name);
    n_params += static_cast<uint64_t>(view->shape.n_elems());
    ++types[std::string(dtype_name(view->dtype))];
  }
  facts["parameters"] = n_params;
  facts["tensor_types"] = types;
  const auto layers = config.integer_or({"num_hidden_layers", "block_count"}, 0),
             hidden = config.integer_or({"hidden_size", "embedding_length"}, 0);
  const auto heads = config.integer_or({"num_attention_heads", "attention.head_count"}, 0);
  if (!layers || !hidden || !heads || *layers <= 0 || *heads <= 0) return facts;
  const auto kv_heads = config.integer_or({"num_key_value_heads", "attention.head_count_kv"}, *heads),
             head_dim = config.integer_or({"head_dim", "attention.key_length"}, *hidden / *heads);
  const auto longest = config.integer_or({"max_position_embeddings", "context_length"}, 0);
  facts["layers"] = *layers, facts["hidden"] = *hidden, facts["heads"] = *heads;
  if (kv_heads) facts["kv_heads"] = *kv_heads;
  if (head_dim) facts["head_dim"] = *head_dim;
  if (longest) facts["max_context"] = *longest;
  if (kv_heads && head_dim && *kv_heads > 0 && *head_dim > 0 && *layers < 10000 && *kv_heads < 10000 &&
      *head_dim < 100000) {
    const KvCache::Shape shape{static_cast<int>(*layers), static_cast<int>(*kv_heads), static_cast<int>(*head_dim)};
    facts["context"] = context;
    facts["memory_bytes"] = {{"f16", checkpoint.weights_bytes() + KvCache::bytes_for(shape, KvType::kF16, context)},
                             {"q8", checkpoint.weights_bytes() + KvCache::bytes_for(shape, KvType::kQ8, context)}};
  }
  return facts;
}

int print_show(const std::string& model, int64_t context, bool json) {
  const auto hub = Hub::open();
  if (!hub) return report(hub.error());
  const auto description = hub->describe(model);
  if (!description) return report(description.error());
  Json facts{{"name", description->name}, {"path", description->path.string()}};
  if (description->stored) {
    facts["licence"] = description->stored->licence, facts["origin"] = description->stored->origin,
    facts["pulled_at"] = description->stored->pulled_at;
    Json files = Json::array();
    for (const StoredFile& f : description->stored->files)
      files.push_back({{"name", f.name}, {"bytes", f.n_bytes}, {"sha256", f.sha256}, {"pinned", f.pinned}});
    facts["files"] = files;
  }
  facts["licence_accepted"] = description->licence_accepted;
  std::string chat_template;
  if (!description->path.empty()) {
    const auto checkpoint = Checkpoint::open(description->path);
    if (!checkpoint) return report(checkpoint.error());
    facts.update(describe_checkpoint(*checkpoint, context));
    const auto found = chat_template_of(*checkpoint);
    if (!found) return report(found.error());
    if (*found) chat_template = (*found)->source();
  }
  if (json) {
    facts["template"] = chat_template;
    fmt::print("{}\n", facts.dump());
    return 0;
  }
  for (const auto& [key, value] : facts.items())
    fmt::print("{:<18} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
  if (!chat_template.empty()) fmt::print("\n{}\n{}\n", tr("템플릿:", "template:"), chat_template);
  return 0;
}

}  // namespace

void add_show(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("show", text("모델의 구조, 크기, 사용 조건, 출처, 메모리, 템플릿",
                                      "a model's architecture, sizes, licence, origin, memory and template"));
  struct Options {
    std::string model;
    int64_t context = 4096;
    bool json = false;
  };
  auto o = std::make_shared<Options>();
  command->add_option("model", o->model, text("모델", "model"))->required();
  command->add_option("--context", o->context, text("메모리를 셈할 문맥 길이", "context whose memory is computed"))
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30));
  command->add_flag("--json", o->json, "JSON");
  command->callback([&exit_code, o] { exit_code = print_show(o->model, o->context, o->json); });
}

void add_cache(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("cache", text("저장소가 가진 것; clean은 받다 만 파일을 지웁니다",
                                                   "what the store holds; clean removes unfinished files"));
  struct Options {
    std::string action = "show";
    bool json = false;
  };
  auto o = std::make_shared<Options>();
  command->add_option("action", o->action, "show, clean")->check(CLI::IsMember({"show", "clean"}));
  command->add_flag("--json", o->json, "JSON");
  command->callback([&exit_code, o] {
    exit_code = [o] {
      const auto hub = Hub::open();
      if (!hub) return report(hub.error());
      if (o->action == "clean") {
        const auto freed = hub->cache_clean();
        if (!freed) return report(freed.error());
        fmt::print("{}\n", o->json ? Json{{"freed_bytes", *freed}}.dump()
                                   : fmt::format("{:.0f} MB", static_cast<double>(*freed) / 1e6));
        return 0;
      }
      const auto held = hub->cache_report();
      if (!held) return report(held.error());
      const Json facts{{"root", held->root.string()},
                       {"model_bytes", held->model_bytes},
                       {"partial_bytes", held->partial_bytes},
                       {"rejected_bytes", held->rejected_bytes}};
      if (o->json)
        fmt::print("{}\n", facts.dump());
      else
        for (const auto& [key, value] : facts.items()) fmt::print("{:<16} {}\n", key, value.dump());
      return 0;
    }();
  });
}

}  // namespace hanok
