// Reads a tokenizer.json component by component.
#include "text/tokenizer_json.h"

#include <utility>

#include <fmt/format.h>

#include "text/bpe.h"
#include "text/component_reader.h"
#include "text/tokenizer.h"
#include "text/unigram.h"
#include "text/word_piece.h"

namespace hanok {
namespace {

using Json = nlohmann::json;
using SharedVocabulary = std::shared_ptr<const Vocabulary>;

// The id of a token that a component names. Errors: it is not in the vocabulary.
Result<int32_t> id_of(const Vocabulary& vocabulary, const std::string& piece, const std::string& where) {
  const int32_t id = vocabulary.find(piece);
  if (id >= 0) return id;
  return fail(ErrorKind::kCorruptFile, "token is not in the vocabulary", where, "", piece);
}

Status read_bpe(ComponentReader& reader, TokenizerParts& parts) {
  BpeOptions options;
  options.continuing_prefix = reader.text_or("continuing_subword_prefix", "");
  options.end_suffix = reader.text_or("end_of_word_suffix", "");
  options.fuse_unknown = reader.flag_or("fuse_unk", false);
  options.byte_fallback = reader.flag_or("byte_fallback", false);
  options.ignore_merges = reader.flag_or("ignore_merges", false);
  const std::string unknown = reader.text_or("unk_token", "");
  if (const double dropout = reader.number_or("dropout", 0); dropout != 0) {
    reader.refuse("dropout", "none: encoding by chance has no place in running a model", fmt::format("{}", dropout));
  }
  const Json& vocabulary = reader.object("vocab");
  const Json& lines = reader.array("merges");
  HANOK_RETURN_IF_ERROR(reader.finish());
  HANOK_TRY(parts.vocabulary, read_vocabulary(vocabulary, "model.vocab"));
  std::vector<std::pair<std::string, std::string>> merges;
  merges.reserve(lines.size());
  for (const Json& line : lines) {
    HANOK_TRY(auto merge, read_merge(line, merges.size()));
    merges.push_back(std::move(merge));
  }
  if (!unknown.empty()) options.unknown = parts.vocabulary->get(unknown);
  const bool plain = options.continuing_prefix.empty() && options.end_suffix.empty();
  options.on_bytes = plain && Bpe::has_all_bytes(*parts.vocabulary) && parts.pre_tokenizer.drop_byte_level();
  HANOK_TRY(parts.model, Bpe::make(parts.vocabulary, merges, std::move(options)));
  return {};
}

Status read_unigram(ComponentReader& reader, TokenizerParts& parts) {
  UnigramOptions options;
  options.byte_fallback = reader.flag_or("byte_fallback", false);
  const int64_t unknown = reader.count_or("unk_id", kMostTokens, -1);
  const Json& entries = reader.array("vocab");
  if (static_cast<int64_t>(entries.size()) > kMostTokens) {
    reader.refuse("vocab", fmt::format("at most {} tokens", kMostTokens), fmt::format("{}", entries.size()));
  }
  if (unknown >= static_cast<int64_t>(entries.size())) {
    reader.refuse("unk_id", fmt::format("less than {}", entries.size()), fmt::format("{}", unknown));
  }
  HANOK_RETURN_IF_ERROR(reader.finish());
  std::vector<std::string> pieces;
  std::vector<double> scores;
  for (const Json& entry : entries) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number()) {
      return fail(ErrorKind::kCorruptFile, "vocabulary entry is not usable",
                  fmt::format("model.vocab[{}]", pieces.size()), "[piece, score]", entry.dump());
    }
    pieces.push_back(entry[0].get<std::string>());
    scores.push_back(entry[1].get<double>());
  }
  if (unknown >= 0) options.unknown = static_cast<int32_t>(unknown);
  parts.vocabulary = std::make_shared<const Vocabulary>(std::move(pieces));
  parts.model = std::make_unique<Unigram>(parts.vocabulary, std::move(scores), std::move(options));
  return {};
}

Status read_word_piece(ComponentReader& reader, TokenizerParts& parts) {
  const std::string unknown = reader.text_or("unk_token", "[UNK]");
  const std::string prefix = reader.text_or("continuing_subword_prefix", "##");
  const int64_t longest = reader.count_or("max_input_chars_per_word", INT32_MAX, 100);
  const Json& vocabulary = reader.object("vocab");
  HANOK_RETURN_IF_ERROR(reader.finish());
  HANOK_TRY(parts.vocabulary, read_vocabulary(vocabulary, "model.vocab"));
  HANOK_TRY(const int32_t unknown_id, id_of(*parts.vocabulary, unknown, "model.unk_token"));
  parts.model = std::make_unique<WordPiece>(parts.vocabulary, unknown_id, "", prefix, static_cast<size_t>(longest));
  return {};
}

Status read_word_level(ComponentReader& reader, TokenizerParts& parts) {
  const std::string unknown = reader.text_or("unk_token", "<unk>");
  const Json& vocabulary = reader.object("vocab");
  HANOK_RETURN_IF_ERROR(reader.finish());
  HANOK_TRY(parts.vocabulary, read_vocabulary(vocabulary, "model.vocab"));
  parts.model = std::make_unique<WordLevel>(parts.vocabulary, parts.vocabulary->find(unknown));
  return {};
}

Status read_model(const Json& node, TokenizerParts& parts) {
  ComponentReader reader(node, "model");
  const bool old_bpe = reader.type().empty() && reader.has("merges");  // files from before models named their type
  if (reader.type() == "BPE" || old_bpe) return read_bpe(reader, parts);
  if (reader.type() == "Unigram") return read_unigram(reader, parts);
  if (reader.type() == "WordPiece") return read_word_piece(reader, parts);
  if (reader.type() == "WordLevel") return read_word_level(reader, parts);
  return reader.unknown("BPE, Unigram, WordPiece or WordLevel");
}

// What one post-processor puts around the ids.
struct Around {
  std::vector<int32_t> prefix, suffix;
};

Status read_template(ComponentReader& reader, Around& around) {
  const Json& items = reader.array("single");
  const Json& tokens = reader.object("special_tokens");
  reader.node("pair");  // for two texts at once, which nothing here asks for
  HANOK_RETURN_IF_ERROR(reader.finish());
  bool before = true;
  for (const Json& item : items) {
    ComponentReader part(item, "post_processor.single");
    if (part.has("Sequence")) {
      ComponentReader sequence(part.object("Sequence"), "post_processor.single");
      sequence.count_or("type_id", UINT32_MAX, 0);
      if (const std::string id = sequence.text("id"); id != "A" || !before) sequence.refuse("id", "A, once", id);
      HANOK_RETURN_IF_ERROR(sequence.finish());
      HANOK_RETURN_IF_ERROR(part.finish());
      before = false;
      continue;
    }
    ComponentReader token(part.object("SpecialToken"), "post_processor.single");
    token.count_or("type_id", UINT32_MAX, 0);
    const std::string name = token.text("id");
    HANOK_RETURN_IF_ERROR(part.finish());
    HANOK_RETURN_IF_ERROR(token.finish());
    if (!tokens.contains(name)) {
      return fail(ErrorKind::kCorruptFile, "template names a token without ids", "post_processor.special_tokens", name);
    }
    ComponentReader entry(tokens[name], "post_processor.special_tokens." + name);
    entry.text_or("id", name);
    entry.array("tokens");
    const Json& ids = entry.array("ids");
    HANOK_RETURN_IF_ERROR(entry.finish());
    for (const Json& id : ids) {
      if (!id.is_number_integer() || id < 0 || id >= kMostTokens) {
        return fail(ErrorKind::kCorruptFile, "token id is not a usable number", entry.where(), "", id.dump());
      }
      (before ? around.prefix : around.suffix).push_back(id.get<int32_t>());
    }
  }
  if (before) return fail(ErrorKind::kUnsupported, "template without the text", "post_processor.single", "Sequence A");
  return {};
}

// ["[SEP]", 102]
int32_t read_pair(ComponentReader& reader, const char* key) {
  const Json& pair = reader.array(key);
  if (pair.size() == 2 && pair[1].is_number_integer() && pair[1] >= 0 && pair[1] < kMostTokens)
    return pair[1].get<int32_t>();
  reader.refuse(key, "[token, id]", pair.dump());
  return 0;
}

Status read_post_processor(ComponentReader& reader, TokenizerParts& parts) {
  Around around;
  if (reader.type() == "TemplateProcessing") {
    HANOK_RETURN_IF_ERROR(read_template(reader, around));
  } else if (reader.type() == "ByteLevel") {
    for (const char* key : {"add_prefix_space", "trim_offsets", "use_regex"})
      reader.flag_or(key, true);  // offsets only
  } else if (reader.type() == "BertProcessing" || reader.type() == "RobertaProcessing") {
    around.prefix = {read_pair(reader, "cls")};
    around.suffix = {read_pair(reader, "sep")};
    if (reader.type() == "RobertaProcessing") {
      for (const char* key : {"add_prefix_space", "trim_offsets"}) reader.flag_or(key, true);  // offsets only
    }
  } else {
    return reader.unknown("Sequence, TemplateProcessing, ByteLevel, BertProcessing or RobertaProcessing");
  }
  HANOK_RETURN_IF_ERROR(reader.finish());
  parts.prefix.insert(parts.prefix.begin(), around.prefix.begin(), around.prefix.end());
  parts.suffix.insert(parts.suffix.end(), around.suffix.begin(), around.suffix.end());
  return {};
}

Status read_added_tokens(const Json& entries, TokenizerParts& parts) {
  std::vector<AddedToken> tokens;
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string where = fmt::format("added_tokens[{}]", i);
    HANOK_TRY(AddedToken token, read_added_token(entries[i], where));
    if (token.content.empty()) continue;
    const int32_t known = parts.vocabulary->find(token.content);
    if (known >= 0 && known != token.id) {
      return fail(ErrorKind::kCorruptFile, "added token disagrees with the vocabulary", where,
                  fmt::format("id {} for {}", known, token.content), fmt::format("{}", token.id));
    }
    tokens.push_back(std::move(token));
  }
  HANOK_TRY(parts.added, AddedTokens::make(std::move(tokens), parts.normalizer));
  return {};
}

}  // namespace

Result<std::shared_ptr<const Vocabulary>> read_vocabulary(const Json& members, const std::string& where) {
  std::vector<std::string> pieces;
  for (const auto& [piece, id] : members.items()) {
    if (!id.is_number_integer() || id < 0 || id >= kMostTokens) {
      return fail(ErrorKind::kCorruptFile, "token id is not a usable number", where + "." + piece, "", id.dump());
    }
    const auto at = id.get<size_t>();
    if (at >= pieces.size()) pieces.resize(at + 1);
    if (!pieces[at].empty()) {
      return fail(ErrorKind::kCorruptFile, "two tokens have one id", fmt::format("{}, id {}", where, at), "",
                  pieces[at] + " and " + piece);
    }
    pieces[at] = piece;
  }
  return std::make_shared<const Vocabulary>(std::move(pieces));
}

Result<AddedToken> read_added_token(const Json& node, const std::string& where) {
  ComponentReader reader(node, where);
  AddedToken token;
  token.id = static_cast<int32_t>(reader.count("id", kMostTokens - 1));
  token.content = reader.text("content");
  token.special = reader.flag_or("special", false);
  token.single_word = reader.flag_or("single_word", false);
  token.lstrip = reader.flag_or("lstrip", false);
  token.rstrip = reader.flag_or("rstrip", false);
  token.normalized = reader.flag_or("normalized", false);
  reader.text_or("__type", "");
  HANOK_RETURN_IF_ERROR(reader.finish());
  return token;
}

Result<std::pair<std::string, std::string>> read_merge(const Json& merge, size_t rank) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return std::pair(merge[0].get<std::string>(), merge[1].get<std::string>());
  }
  const std::string line = merge.is_string() ? merge.get<std::string>() : "";
  const size_t space = line.find(' ');
  if (space == std::string::npos || line.find(' ', space + 1) != std::string::npos) {
    return fail(ErrorKind::kCorruptFile, "merge is not two tokens", fmt::format("merge {}", rank), "", merge.dump());
  }
  return std::pair(line.substr(0, space), line.substr(space + 1));
}

Result<std::shared_ptr<TokenizerParts>> read_tokenizer_json(const Json& root) {
  auto parts = std::make_shared<TokenizerParts>();
  ComponentReader reader(root, "tokenizer.json");
  // How a caller wants its batches cut and padded is not part of a tokenizer.
  for (const char* key : {"version", "truncation", "padding"}) reader.node(key);
  const Json &model = reader.node("model"), &added = reader.array("added_tokens");
  const Json &normalizer = reader.node("normalizer"), &pre_tokenizer = reader.node("pre_tokenizer");
  const Json &post_processor = reader.node("post_processor"), &decoder = reader.node("decoder");
  HANOK_RETURN_IF_ERROR(reader.finish());
  HANOK_TRY(parts->normalizer, Normalizer::from_json(normalizer));
  HANOK_TRY(parts->pre_tokenizer, PreTokenizer::from_json(pre_tokenizer));
  HANOK_RETURN_IF_ERROR(read_model(model, *parts));
  HANOK_RETURN_IF_ERROR(read_added_tokens(added, *parts));
  HANOK_RETURN_IF_ERROR(each_component(post_processor, "processors", "post_processor",
                                       [&](ComponentReader& part) { return read_post_processor(part, *parts); }));
  HANOK_TRY(parts->decoder, TokenDecoder::from_json(decoder));
  for (const auto* around : {&parts->prefix, &parts->suffix}) {
    for (const int32_t id : *around) {
      if (parts->vocabulary->has(id) || parts->added.find(id) != nullptr) continue;
      return fail(ErrorKind::kCorruptFile, "token is not in the vocabulary", "post_processor", "",
                  fmt::format("{}", id));
    }
  }
  return parts;
}

Result<Tokenizer> Tokenizer::from_json(std::string_view tokenizer_json) {
  const Json root = Json::parse(tokenizer_json, nullptr, false);
  if (root.is_discarded()) return fail(ErrorKind::kCorruptFile, "file is not JSON", "tokenizer.json");
  HANOK_TRY(auto parts, read_tokenizer_json(root));
  parts->finish();
  return Tokenizer(std::move(parts));
}

}  // namespace hanok
