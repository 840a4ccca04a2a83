// Finds the tokenizer of a model folder: tokenizer.json, vocab.json with merges.txt, or tokenizer.model, and what
// tokenizer_config.json says about it.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/locale.h"
#include "text/tokenizer.h"
#include "text/tokenizer_files.h"
#include "text/tokenizer_json.h"
#include "text/tokenizer_parts.h"
#include "text/tokenizer_sentencepiece.h"

namespace hanok {
namespace {

using Json = nlohmann::json;
using Path = std::filesystem::path;

constexpr const char* kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

Result<std::string> read_file(const Path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(ErrorKind::kIo, "file cannot be read", path.string());
  return std::move(text).str();
}

Result<Json> read_json(const Path& path) {
  HANOK_TRY(const std::string text, read_file(path));
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(ErrorKind::kCorruptFile, "file is not JSON", path.string());
  return json;
}

// An object from a file that may be missing.
Result<Json> read_object_if_there(const Path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return Json::object();
  HANOK_TRY(Json json, read_json(path));
  if (!json.is_object()) return fail(ErrorKind::kCorruptFile, "file is not a JSON object", path.string());
  return json;
}

// The text of a special token, which is written as text or as an object with a member "content".
std::string token_text(const Json& config, const char* key) {
  if (!config.contains(key)) return {};
  const Json& token = config[key];
  if (token.is_string()) return token.get<std::string>();
  if (token.is_object() && token.contains("content") && token["content"].is_string()) return token["content"];
  return {};
}

bool flag(const Json& config, const char* key, bool otherwise) {
  return config.contains(key) && config[key].is_boolean() ? config[key].get<bool>() : otherwise;
}

// The tokens that the configuration says are special.
std::vector<std::string> special_texts(const Json& config) {
  std::vector<std::string> texts;
  for (const char* key : {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}) {
    texts.push_back(token_text(config, key));
  }
  if (config.contains("additional_special_tokens") && config["additional_special_tokens"].is_array()) {
    for (const Json& token : config["additional_special_tokens"]) {
      texts.push_back(token_text(Json{{"token", token}}, "token"));
    }
  }
  std::erase(texts, "");
  return texts;
}

// The added tokens of a folder without tokenizer.json, in tokenizer.json's form.
Result<Json> added_tokens(const Path& folder, const Json& config, const Json& vocabulary) {
  Json added = Json::array();
  const auto known = [&](const std::string& content) {
    return std::any_of(added.begin(), added.end(), [&](const Json& token) { return token["content"] == content; });
  };
  const Json decoder = config.contains("added_tokens_decoder") ? config["added_tokens_decoder"] : Json::object();
  for (const auto& [id, token] : decoder.items()) {
    if (id.empty() || id.size() > 8 || id.find_first_not_of("0123456789") != std::string::npos || !token.is_object()) {
      return fail(ErrorKind::kCorruptFile, "added token is not usable", "added_tokens_decoder", "", id);
    }
    Json entry = token;
    entry["id"] = std::stoi(id);
    added.push_back(std::move(entry));
  }
  HANOK_TRY(const Json more, read_object_if_there(folder / "added_tokens.json"));
  for (const auto& [content, id] : more.items()) {
    if (!known(content)) added.push_back({{"id", id}, {"content", content}, {"special", false}});
  }
  for (const std::string& content : special_texts(config)) {
    if (!known(content) && vocabulary.contains(content)) {
      added.push_back({{"id", vocabulary[content]}, {"content", content}, {"special", true}});
    }
  }
  return added;
}

// A folder with vocab.json and merges.txt, told as the tokenizer.json it stands for.
Result<Json> vocab_and_merges(const Path& folder, const Json& config) {
  HANOK_TRY(Json vocabulary, read_json(folder / "vocab.json"));
  if (!vocabulary.is_object()) {
    return fail(ErrorKind::kCorruptFile, "file is not a JSON object", (folder / "vocab.json").string());
  }
  HANOK_TRY(const std::string merges, read_file(folder / "merges.txt"));
  Json lines = Json::array();
  std::istringstream in(merges);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty() && !line.starts_with("#version")) lines.push_back(line);
  }
  HANOK_TRY(Json added, added_tokens(folder, config, vocabulary));
  const std::string kind = config.contains("tokenizer_class") && config["tokenizer_class"].is_string()
                               ? config["tokenizer_class"].get<std::string>()
                               : "GPT2Tokenizer";
  Json byte_level = {{"type", "ByteLevel"}, {"add_prefix_space", flag(config, "add_prefix_space", false)}};
  Json pre_tokenizer = byte_level, normalizer;
  if (kind.starts_with("Qwen2Tokenizer")) {
    byte_level["use_regex"] = false;
    const Json split = {
        {"type", "Split"}, {"pattern", {{"Regex", kQwen2Pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
    pre_tokenizer = {{"type", "Sequence"}, {"pretokenizers", {split, byte_level}}};
    normalizer = {{"type", "NFC"}};
  } else if (!kind.starts_with("GPT2Tokenizer")) {
    return fail(ErrorKind::kUnsupported, "tokenizer is not known without a tokenizer.json",
                (folder / "tokenizer_config.json").string(), "tokenizer_class GPT2Tokenizer or Qwen2Tokenizer", kind,
                "add the model's tokenizer.json to the folder");
  }
  return Json{{"model", {{"type", "BPE"}, {"vocab", std::move(vocabulary)}, {"merges", std::move(lines)}}},
              {"added_tokens", std::move(added)},
              {"normalizer", std::move(normalizer)},
              {"pre_tokenizer", std::move(pre_tokenizer)},
              {"decoder", {{"type", "ByteLevel"}}}};
}

// tokenizer_config.json, completed from special_tokens_map.json.
Result<Json> read_config(const Path& folder) {
  HANOK_TRY(Json config, read_object_if_there(folder / "tokenizer_config.json"));
  HANOK_TRY(const Json map, read_object_if_there(folder / "special_tokens_map.json"));
  for (const auto& [key, token] : map.items()) {
    if (!config.contains(key)) config[key] = token;
  }
  return config;
}

Result<std::shared_ptr<TokenizerParts>> read_parts(const Path& folder, const Json& config) {
  std::error_code ignored;
  if (const Path path = folder / "tokenizer.json"; std::filesystem::exists(path, ignored)) {
    HANOK_TRY(const Json root, read_json(path));
    return read_tokenizer_json(root);
  }
  const bool by_class = std::filesystem::exists(folder / "vocab.json", ignored);
  std::shared_ptr<TokenizerParts> parts;
  if (by_class) {
    HANOK_TRY(const Json root, vocab_and_merges(folder, config));
    HANOK_TRY(parts, read_tokenizer_json(root));
  } else if (const Path path = folder / "tokenizer.model"; std::filesystem::exists(path, ignored)) {
    HANOK_TRY(const std::string model, read_file(path));
    HANOK_TRY(parts, read_sentencepiece(model));
  } else {
    return fail(ErrorKind::kNotFound, in_language("토크나이저가 없습니다", "no tokenizer"), "",
                "tokenizer.json, vocab.json and merges.txt, or tokenizer.model");
  }
  // The tokens around a text: tokenizer.json says so itself, the others leave it to the configuration.
  const auto bos = parts->find(token_text(config, "bos_token")), eos = parts->find(token_text(config, "eos_token"));
  if (bos) parts->bos = bos;
  if (eos) parts->eos = eos;
  if (flag(config, "add_bos_token", !by_class) && parts->bos) parts->prefix = {*parts->bos};
  if (flag(config, "add_eos_token", false) && parts->eos) parts->suffix = {*parts->eos};
  return parts;
}

}  // namespace

Result<Json> folder_tokenizer_json(const Path& folder) {
  std::error_code ignored;
  if (const Path path = folder / "tokenizer.json"; std::filesystem::exists(path, ignored)) return read_json(path);
  if (!std::filesystem::exists(folder / "vocab.json", ignored)) return Json();
  HANOK_TRY(const Json config, read_config(folder));
  return vocab_and_merges(folder, config);
}

Result<SentencePieceTable> folder_sentencepiece_table(const Path& folder) {
  HANOK_TRY(const std::string model, read_file(folder / "tokenizer.model"));
  return read_sentencepiece_table(model);
}

Result<Tokenizer> Tokenizer::from_folder(const Path& folder) {
  HANOK_TRY(const Json config, read_config(folder));
  auto parts = read_parts(folder, config);
  if (!parts) return tl::unexpected(parts.error().in(folder.string()));
  if (!(*parts)->bos) (*parts)->bos = (*parts)->find(token_text(config, "bos_token"));
  if (!(*parts)->eos) (*parts)->eos = (*parts)->find(token_text(config, "eos_token"));
  (*parts)->finish();
  return Tokenizer(std::move(*parts));
}

}  // namespace hanok
