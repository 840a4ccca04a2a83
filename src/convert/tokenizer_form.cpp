#include "convert/tokenizer_form.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/locale.h"
#include "text/gguf_pre_tokenizer.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer_files.h"

namespace hanok {
namespace {

using Json = nlohmann::json;

enum PieceType : int64_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };
constexpr const char* kSpace = "\xe2\x96\x81";  // SentencePiece's visible space

tl::unexpected<Error> cannot(const std::string& where, const std::string& expected, const Json& got) {
  std::string text = got.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 160) text = text.substr(0, 157) + "...";
  return fail(ErrorKind::kUnsupported, "GGUF cannot express this tokenizer", where, expected, text,
              "the model runs from its safetensors folder");
}

const Json& member(const Json& node, const char* key) {
  static const Json kNone;
  const auto it = node.is_object() ? node.find(key) : node.end();
  return it == node.end() ? kNone : *it;
}

// A component, or the components of a Sequence.
std::vector<Json> components(const Json& node, const char* list) {
  if (node.is_null()) return {};
  if (member(node, "type") != "Sequence") return {node};
  std::vector<Json> all;
  for (const Json& part : member(node, list)) {
    const std::vector<Json> inner = components(part, list);
    all.insert(all.end(), inner.begin(), inner.end());
  }
  return all;
}

struct Vocabulary {
  std::vector<std::string> pieces;
  std::vector<int64_t> types;
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
}

// The tokens as the files write them; those that the files leave out get a name of their own.
Vocabulary vocabulary_of(const Tokenizer& tokenizer, const std::vector<int32_t>& added, int64_t vocab) {
  Vocabulary all;
  for (int32_t id = 0; id < vocab; ++id) {
    std::string piece = tokenizer.piece(id);
    const bool is_added = std::binary_search(added.begin(), added.end(), id);
    const int64_t type = piece.empty()              ? kUnused
                         : tokenizer.is_special(id) ? kControl
                         : is_added                 ? kUserDefined
                                                    : kNormal;
    if (type == kUnused) piece = fmt::format("[PAD{}]", id);
    all.pieces.push_back(std::move(piece));
    all.types.push_back(type);
  }
  return all;
}

// The ids of the tokens that are found in the text as it stands.
Result<std::vector<int32_t>> added_ids(const Json& json) {
  std::vector<int32_t> ids;
  for (const Json& token : member(json, "added_tokens")) {
    for (const char* key : {"lstrip", "rstrip", "single_word"})
      if (token.value(key, false)) return cannot("added_tokens", "tokens that leave their neighbours alone", token);
    if (member(token, "id").is_number_integer()) ids.push_back(token["id"].get<int32_t>());
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

// Whether the matches become pieces; what lies between them (nothing, with the patterns that have names) is kept or
// not.
bool is_isolated(const Json& split) {
  const bool invert = split.value("invert", false);
  return invert ? member(split, "behavior") == "Removed" : member(split, "behavior") == "Isolated";
}

// The patterns of a pre-tokenizer that ends in the byte-level alphabet.
Result<std::vector<std::string>> patterns_of(const Json& pre_tokenizer) {
  const std::vector<Json> parts = components(pre_tokenizer, "pretokenizers");
  std::vector<std::string> patterns;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Json &part = parts[i], &type = member(part, "type"), &regex = member(member(part, "pattern"), "Regex");
    const bool is_last = i + 1 == parts.size();
    if (type == "Split" && regex.is_string() && is_isolated(part))
      patterns.push_back(regex);
    else if (type == "Digits" && part.value("individual_digits", false))
      patterns.emplace_back(R"(\p{N})");
    else if (type == "ByteLevel" && is_last && !part.value("add_prefix_space", true)) {
      if (part.value("use_regex", true)) patterns.emplace_back(kGpt2Pattern);
      return patterns;
    } else {
      return cannot("pre_tokenizer", "Split (isolated) or Digits, then ByteLevel without a prefix space", part);
    }
  }
  return cannot("pre_tokenizer", "ByteLevel at the end", pre_tokenizer);
}

Result<bool> is_nfc(const Json& normalizer) {
  const std::vector<Json> parts = components(normalizer, "normalizers");
  if (parts.empty()) return false;
  if (parts.size() == 1 && member(parts[0], "type") == "NFC") return true;
  return cannot("normalizer", "none or NFC", normalizer);
}

std::pair<std::string, std::string> merge_of(const Json& merge) {
  if (merge.is_array() && merge.size() == 2) return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  const auto line = merge.get<std::string>();
  const size_t space = line.find(' ');
  return {line.substr(0, space), line.substr(space + 1)};
}

Result<TokenizerForm> byte_level_form(const Json& json, const Tokenizer& tokenizer, int64_t vocab) {
  HANOK_TRY(const bool nfc, is_nfc(member(json, "normalizer")));
  HANOK_TRY(const std::vector<std::string> patterns, patterns_of(member(json, "pre_tokenizer")));
  const Json& model = member(json, "model");
  const auto name = find_gguf_pre_tokenizer(patterns, nfc, model.value("ignore_merges", false));
  if (!name) return cannot("pre_tokenizer", "one that GGUF files name", member(json, "pre_tokenizer"));
  std::vector<std::string> merges;
  for (const Json& merge : member(model, "merges")) {
    const auto [left, right] = merge_of(merge);
    merges.push_back(left + " " + right);
  }
  HANOK_TRY(const std::vector<int32_t> added, added_ids(json));
  Vocabulary all = vocabulary_of(tokenizer, added, vocab);
  TokenizerForm form;
  form.keys["model"] = gguf_string("gpt2");
  form.keys["pre"] = gguf_string(name->name);
  form.keys["tokens"] = {GgufType::kString, std::move(all.pieces)};
  form.keys["token_type"] = {GgufType::kI32, std::move(all.types)};
  form.keys["merges"] = {GgufType::kString, std::move(merges)};
  form.loses_nfc = name->loses_nfc;
  const auto note = [&](const char* korean, const char* english) {
    form.notes.push_back(fmt::format(fmt::runtime(in_language(korean, english)), name->name));
  };
  if (name->only_here) note("사전 분할 규칙 {}는 llama.cpp가 모릅니다", "llama.cpp does not know the pre-tokenizer {}");
  if (name->loses_nfc)
    note("GGUF의 사전 분할 규칙 {}에는 NFC 정규화가 없어, NFC가 아닌 글은 다르게 나뉩니다",
         "GGUF's pre-tokenizer {} leaves out NFC: texts in another form are tokenized differently");
  return form;
}

// Whether a text's first piece carries a space that the text does not have.
Result<bool> adds_space(const Tokenizer& tokenizer) {
  HANOK_TRY(const std::vector<int32_t> ids, tokenizer.encode("a", {.add_special = false}));
  return !ids.empty() && tokenizer.piece(ids[0]).starts_with(kSpace);
}

// The common end of both sources of SentencePiece BPE.
Result<TokenizerForm> scored_form(const Tokenizer& tokenizer, Vocabulary all, std::vector<double> scores,
                                  std::optional<int32_t> unknown) {
  HANOK_TRY(const bool space, adds_space(tokenizer));
  for (size_t i = 0; i < all.pieces.size(); ++i) {
    std::string& piece = all.pieces[i];
    if (all.types[i] == kUserDefined) replace_all(piece, kSpace, " ");  // matched before spaces are marked
    const bool is_byte = piece.size() == 6 && piece.starts_with("<0x") && piece.ends_with('>');
    if (is_byte) all.types[i] = kByte;
  }
  TokenizerForm form;
  if (unknown) {
    all.types[static_cast<size_t>(*unknown)] = kUnknown;
    form.keys["unknown_token_id"] = gguf_u32(static_cast<uint32_t>(*unknown));
  }
  scores.resize(all.pieces.size(), 0);
  form.keys["model"] = gguf_string("llama");
  form.keys["pre"] = gguf_string("default");
  form.keys["tokens"] = {GgufType::kString, std::move(all.pieces)};
  form.keys["token_type"] = {GgufType::kI32, std::move(all.types)};
  form.keys["scores"] = {GgufType::kF32, std::move(scores)};
  form.keys["add_space_prefix"] = gguf_bool(space);
  return form;
}

// SentencePiece merges the pair with the best score; the rank of the merge that makes a piece says the same.
Result<TokenizerForm> fallback_form(const Json& json, const Tokenizer& tokenizer, int64_t vocab) {
  const Json &model = member(json, "model"), &merges = member(model, "merges");
  std::map<std::string, double> score_of;
  for (const Json& merge : merges) {
    const auto [left, right] = merge_of(merge);
    score_of.emplace(left + right, -static_cast<double>(score_of.size()));
  }
  HANOK_TRY(const std::vector<int32_t> added, added_ids(json));
  Vocabulary all = vocabulary_of(tokenizer, added, vocab);
  std::vector<double> scores;
  for (const std::string& piece : all.pieces) {
    const auto it = score_of.find(piece);
    scores.push_back(it == score_of.end() ? -static_cast<double>(merges.size()) : it->second);
  }
  std::optional<int32_t> unknown;
  if (const Json& name = member(model, "unk_token"); name.is_string())
    unknown = tokenizer.find(name.get<std::string>());
  return scored_form(tokenizer, std::move(all), std::move(scores), unknown);
}

Result<TokenizerForm> sentencepiece_form(const SentencePieceTable& table, const Tokenizer& tokenizer, int64_t vocab) {
  if (!table.is_bpe) return cannot("tokenizer.model", "SentencePiece BPE", "unigram");
  Vocabulary all = vocabulary_of(tokenizer, {}, vocab);
  for (size_t i = 0; i < table.types.size(); ++i) all.types[i] = table.types[i];
  return scored_form(tokenizer, std::move(all), {table.scores.begin(), table.scores.end()}, table.unknown);
}

}  // namespace

Result<TokenizerForm> tokenizer_form(const std::filesystem::path& folder, const Tokenizer& tokenizer, int64_t vocab) {
  HANOK_TRY(const Json json, folder_tokenizer_json(folder));
  if (json.is_null()) {
    HANOK_TRY(const SentencePieceTable table, folder_sentencepiece_table(folder));
    return sentencepiece_form(table, tokenizer, vocab);
  }
  const Json& model = member(json, "model");
  if (member(model, "merges").is_null()) return cannot("model.type", "BPE", member(model, "type"));
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (const Json& value = member(model, key); value.is_string() && value != "")
      return cannot(std::string("model.") + key, "none", value);
  if (model.value("byte_fallback", false)) return fallback_form(json, tokenizer, vocab);
  return byte_level_form(json, tokenizer, vocab);
}

}  // namespace hanok
