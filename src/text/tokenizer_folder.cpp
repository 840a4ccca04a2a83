// Reads tokenizer.json and vocab.json with merges.txt: byte-level BPE; any other component is an error that names it.
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "text/tokenizer.h"
#include "text/tokenizer_parts.h"

namespace hanok {
namespace {

using Json = nlohmann::json;

constexpr const char* kGpt2Pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

tl::unexpected<Error> unknown(const std::string& where, const std::string& got) {
  return fail(ErrorKind::kUnsupported, "tokenizer component that is not known", where, "", got);
}

std::string type_of(const Json& node) {
  return node.is_object() && node.contains("type") && node["type"].is_string() ? node["type"].get<std::string>() : "";
}

bool flag(const Json& node, const char* key, bool otherwise) {
  return node.contains(key) && node[key].is_boolean() ? node[key].get<bool>() : otherwise;
}

bool is_set(const Json& node, const char* key) {
  return node.contains(key) && !node[key].is_null() && node[key] != "" && node[key] != false;
}

// Runs `read` on a component, or on each part of a sequence of them held under `key`.
template <class Read>
Status each_component(const Json& node, const char* key, const Read& read) {
  if (node.is_null()) return {};
  if (type_of(node) != "Sequence") return read(node);
  if (!node.contains(key) || !node[key].is_array()) return unknown(key, "Sequence without parts");
  for (const Json& part : node[key]) HANOK_RETURN_IF_ERROR(read(part));
  return {};
}

Status add_split(const std::string& pattern, TokenizerParts& parts) {
  HANOK_TRY(Splitter splitter, Splitter::compile(pattern));
  parts.splits.push_back(std::move(splitter));
  return {};
}

Status read_normalizer(const Json& node, TokenizerParts& parts) {
  const std::string type = type_of(node);
  if (parts.normalization != Normalization::kNone) return unknown("normalizer", "more than one: " + type);
  if (type == "NFC") parts.normalization = Normalization::kNfc;
  if (type == "NFD") parts.normalization = Normalization::kNfd;
  if (type == "NFKC") parts.normalization = Normalization::kNfkc;
  if (type == "NFKD") parts.normalization = Normalization::kNfkd;
  if (parts.normalization == Normalization::kNone) return unknown("normalizer", type);
  return {};
}

Status read_pre_tokenizer(const Json& node, TokenizerParts& parts) {
  const std::string type = type_of(node);
  if (type == "ByteLevel") {
    if (flag(node, "add_prefix_space", true)) return unknown("pre_tokenizer ByteLevel", "add_prefix_space");
    parts.byte_level = true;
    return flag(node, "use_regex", true) ? add_split(kGpt2Pattern, parts) : Status();
  }
  if (type == "Digits") return add_split(flag(node, "individual_digits", false) ? R"(\p{N})" : R"(\p{N}+)", parts);
  if (type != "Split") return unknown("pre_tokenizer", type);
  const Json& pattern = node.contains("pattern") ? node["pattern"] : Json();
  if (!pattern.is_object() || !pattern.contains("Regex") || !pattern["Regex"].is_string()) {
    return unknown("pre_tokenizer Split", "pattern that is not a Regex");
  }
  const std::string behavior = node.value("behavior", Json("")).dump();
  // With patterns that match everything, Removed and inverted is the same as Isolated.
  const bool inverted = flag(node, "invert", false);
  if (!(behavior == "\"Isolated\"" || (behavior == "\"Removed\"" && inverted))) {
    return unknown("pre_tokenizer Split", "behavior " + behavior);
  }
  return add_split(pattern["Regex"].get<std::string>(), parts);
}

Status put_token(const std::string& piece, const Json& id, TokenKind kind, TokenizerParts& parts) {
  constexpr int64_t kMostTokens = 1 << 21;
  if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() >= kMostTokens) {
    return fail(ErrorKind::kCorruptFile, "token id is not a usable number", piece, "", id.dump());
  }
  const auto at = id.get<size_t>();
  if (at >= parts.pieces.size()) {
    parts.pieces.resize(at + 1);
    parts.kinds.resize(at + 1, TokenKind::kNormal);
  }
  parts.pieces[at] = piece;
  parts.kinds[at] = kind;
  return {};
}

Status put_added(const Json& token, const Json& id, TokenizerParts& parts) {
  if (!token.is_object() || !token.contains("content") || !token["content"].is_string()) {
    return fail(ErrorKind::kCorruptFile, "added token without content", "added_tokens");
  }
  const std::string content = token["content"].get<std::string>();
  for (const char* key : {"lstrip", "rstrip", "single_word"}) {
    if (flag(token, key, false)) return unknown("added token " + content, key);
  }
  return put_token(content, id, flag(token, "special", false) ? TokenKind::kSpecial : TokenKind::kAdded, parts);
}

Status put_vocabulary(const Json& vocab, TokenizerParts& parts) {
  if (!vocab.is_object()) return fail(ErrorKind::kCorruptFile, "vocabulary is not an object", "vocab");
  for (const auto& [piece, id] : vocab.items()) {
    HANOK_RETURN_IF_ERROR(put_token(piece, id, TokenKind::kNormal, parts));
  }
  return {};
}

Result<std::pair<std::string, std::string>> read_merge(const Json& merge) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return std::pair(merge[0].get<std::string>(), merge[1].get<std::string>());
  }
  const std::string line = merge.is_string() ? merge.get<std::string>() : "";
  const size_t space = line.find(' ', 1);
  if (space == std::string::npos) {
    return fail(ErrorKind::kCorruptFile, "merge is not two tokens", "merges", "", merge.dump());
  }
  return std::pair(line.substr(0, space), line.substr(space + 1));
}

Status put_merges(const Json& merges, TokenizerParts& parts) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const Json& merge : merges) {
    HANOK_TRY(auto pair, read_merge(merge));
    pairs.push_back(std::move(pair));
  }
  return parts.add_merges(pairs);
}

// TemplateProcessing puts special tokens around the text; ByteLevel only concerns offsets.
Status read_post_processor(const Json& node, TokenizerParts& parts) {
  const std::string type = type_of(node);
  if (type == "ByteLevel") return {};
  if (type != "TemplateProcessing" || !node.contains("single") || !node["single"].is_array()) {
    return unknown("post_processor", type);
  }
  bool before = true;
  for (const Json& item : node["single"]) {
    if (item.contains("Sequence")) {
      before = false;
      continue;
    }
    if (!item.contains("SpecialToken")) return unknown("post_processor", item.dump());
    const std::string name = item["SpecialToken"].value("id", std::string());
    const auto it = parts.ids.find(name);
    if (it == parts.ids.end()) return unknown("post_processor", name);
    (before ? parts.prefix : parts.suffix).push_back(it->second);
    if (before) parts.bos = it->second;
  }
  return {};
}

Result<Tokenizer> build_checked(const Json& root) {
  auto parts = std::make_shared<TokenizerParts>();
  const auto node = [&](const char* key) { return root.contains(key) ? root[key] : Json(); };
  const Json model = node("model");
  if (!model.is_object() || (type_of(model) != "BPE" && !type_of(model).empty()))
    return unknown("model", type_of(model));
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback", "unk_token"}) {
    if (is_set(model, key)) return unknown("model BPE", key);
  }
  parts->ignore_merges = flag(model, "ignore_merges", false);
  HANOK_RETURN_IF_ERROR(put_vocabulary(model.value("vocab", Json()), *parts));
  for (const Json& token : node("added_tokens")) {
    HANOK_RETURN_IF_ERROR(put_added(token, token.is_object() ? token.value("id", Json()) : Json(), *parts));
  }
  HANOK_RETURN_IF_ERROR(each_component(node("normalizer"), "normalizers",
                                       [&](const Json& part) { return read_normalizer(part, *parts); }));
  HANOK_RETURN_IF_ERROR(each_component(node("pre_tokenizer"), "pretokenizers",
                                       [&](const Json& part) { return read_pre_tokenizer(part, *parts); }));
  if (!parts->byte_level) return unknown("pre_tokenizer", "none that is ByteLevel");
  parts->finish();
  HANOK_RETURN_IF_ERROR(put_merges(model.value("merges", Json::array()), *parts));
  HANOK_RETURN_IF_ERROR(each_component(node("post_processor"), "processors",
                                       [&](const Json& part) { return read_post_processor(part, *parts); }));
  return Tokenizer(std::move(parts));
}

// A member of an unexpected JSON type is the file's fault as well.
Result<Tokenizer> build(const Json& root) {
  try {
    return build_checked(root);
  } catch (const Json::exception& error) {
    return fail(ErrorKind::kCorruptFile, "tokenizer has a member of the wrong type", "tokenizer.json", "",
                error.what());
  }
}

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(ErrorKind::kIo, "file cannot be read", path.string());
  return std::move(text).str();
}

Result<Json> read_json(const std::filesystem::path& path) {
  HANOK_TRY(const std::string text, read_file(path));
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(ErrorKind::kCorruptFile, "file is not JSON", path.string());
  return json;
}

// A GPT-2 style folder, told as the tokenizer.json it stands for.
Result<Json> gpt2_folder(const std::filesystem::path& folder) {
  HANOK_TRY(Json vocab, read_json(folder / "vocab.json"));
  HANOK_TRY(const std::string merges, read_file(folder / "merges.txt"));
  Json lines = Json::array(), added = Json::array();
  std::istringstream in(merges);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty() && !line.starts_with("#version")) lines.push_back(line);
  }
  if (std::filesystem::exists(folder / "tokenizer_config.json")) {
    HANOK_TRY(const Json config, read_json(folder / "tokenizer_config.json"));
    const Json tokens = config.is_object() ? config.value("added_tokens_decoder", Json::object()) : Json::object();
    for (const auto& [id, token] : tokens.items()) {
      if (id.empty() || id.size() > 8 || id.find_first_not_of("0123456789") != std::string::npos ||
          !token.is_object()) {
        return fail(ErrorKind::kCorruptFile, "added token is not usable", "added_tokens_decoder", "", id);
      }
      Json entry = token;
      entry["id"] = std::stoi(id);
      added.push_back(std::move(entry));
    }
  }
  const Json byte_level = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
  return Json{{"model", {{"type", "BPE"}, {"vocab", std::move(vocab)}, {"merges", std::move(lines)}}},
              {"added_tokens", std::move(added)},
              {"pre_tokenizer", byte_level}};
}

}  // namespace

Result<Tokenizer> Tokenizer::from_json(std::string_view tokenizer_json) {
  const Json root = Json::parse(tokenizer_json, nullptr, false);
  if (!root.is_object()) return fail(ErrorKind::kCorruptFile, "tokenizer is not a JSON object", "tokenizer.json");
  return build(root);
}

Result<Tokenizer> Tokenizer::from_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::exists(folder / "tokenizer.json", ignored)) {
    HANOK_TRY(const std::string text, read_file(folder / "tokenizer.json"));
    return from_json(text);
  }
  if (std::filesystem::exists(folder / "vocab.json", ignored)) {
    HANOK_TRY(const Json root, gpt2_folder(folder));
    return build(root);
  }
  if (std::filesystem::exists(folder / "tokenizer.model", ignored)) {
    return fail(ErrorKind::kUnsupported, "SentencePiece files are not read yet", (folder / "tokenizer.model").string(),
                "tokenizer.json, or vocab.json and merges.txt");
  }
  return fail(ErrorKind::kNotFound, "no tokenizer", folder.string(), "tokenizer.json, or vocab.json and merges.txt");
}

}  // namespace hanok
