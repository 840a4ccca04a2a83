// How a model's vectors are made of its states, and what is written before a text.
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/encoder_model.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kMaxBytes = size_t{1} << 20;
constexpr const char* kQueryKey = "hanok.embedding.query_prefix";
constexpr const char* kPassageKey = "hanok.embedding.passage_prefix";
constexpr int64_t kGgufMean = 1, kGgufFirst = 2;  // llama.cpp's pooling types

// Null where the file is absent.
Result<Json> read_document(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Json();
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  Json json = text.size() > kMaxBytes ? Json(Json::value_t::discarded) : Json::parse(text, nullptr, false);
  if (json.is_object()) return json;
  return fail(ErrorKind::kCorruptFile, "not a JSON object", path.string(), fmt::format("at most {} bytes", kMaxBytes));
}

Result<Pooling> read_pooling(const Json& json, const fs::path& path) {
  if (json.is_null())
    return fail(ErrorKind::kUnsupported, "the folder does not say how states become one vector", path.string(),
                "a file with pooling_mode_mean_tokens or pooling_mode_cls_token", "no such file",
                "sentence-transformers' models have it: fetch it too");
  std::vector<std::string> modes;
  for (const auto& [key, value] : json.items())
    if (key.starts_with("pooling_mode_") && value.is_boolean() && value.get<bool>()) modes.push_back(key);
  if (modes == std::vector<std::string>{"pooling_mode_mean_tokens"}) return Pooling::kMean;
  if (modes == std::vector<std::string>{"pooling_mode_cls_token"}) return Pooling::kFirst;
  return fail(ErrorKind::kUnsupported, "unsupported pooling", path.string(),
              "pooling_mode_mean_tokens or pooling_mode_cls_token alone", fmt::format("{}", fmt::join(modes, ", ")));
}

std::string prompt_of(const Json& json, std::initializer_list<const char*> names) {
  const auto prompts = json.find("prompts");
  if (prompts == json.end() || !prompts->is_object()) return {};
  for (const char* name : names)
    if (const auto it = prompts->find(name); it != prompts->end() && it->is_string()) return it->get<std::string>();
  return {};
}

Result<EmbeddingRules> rules_of_folder(const fs::path& folder) {
  EmbeddingRules rules;
  const fs::path pooling_path = folder / "1_Pooling" / "config.json";
  HANOK_TRY(const Json pooling, read_document(pooling_path));
  HANOK_TRY(rules.pooling, read_pooling(pooling, pooling_path));
  HANOK_TRY(const Json prompts, read_document(folder / "config_sentence_transformers.json"));
  if (prompts.is_null()) return rules;
  rules.query_prefix = prompt_of(prompts, {"query"});
  rules.passage_prefix = prompt_of(prompts, {"passage", "document"});
  return rules;
}

}  // namespace

Result<EmbeddingRules> read_embedding_rules(const Checkpoint& checkpoint, ConfigReader& config) {
  if (!checkpoint.is_gguf()) {
    HANOK_TRY(EmbeddingRules rules, rules_of_folder(checkpoint.path()));
    const auto type = static_cast<uint32_t>(rules.pooling == Pooling::kMean ? kGgufMean : kGgufFirst);
    config.tell("pooling_type", gguf_u32(type));
    return rules;
  }
  EmbeddingRules rules;
  HANOK_TRY(const int64_t type, config.integer_or({"", "pooling_type"}, 0));
  if (type != kGgufMean && type != kGgufFirst)
    return fail(ErrorKind::kUnsupported, "unsupported pooling", checkpoint.path().string() + ": bert.pooling_type",
                "1 (mean) or 2 (first token)", fmt::format("{}", type));
  rules.pooling = type == kGgufMean ? Pooling::kMean : Pooling::kFirst;
  rules.query_prefix = checkpoint.gguf().get_string(kQueryKey).value_or("");
  rules.passage_prefix = checkpoint.gguf().get_string(kPassageKey).value_or("");
  return rules;
}

}  // namespace hanok
