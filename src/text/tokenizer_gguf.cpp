// Reads the tokenizer.ggml.* keys of a GGUF file: byte-level BPE, SentencePiece BPE and unigram, WordPiece.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "text/bpe.h"
#include "text/component_reader.h"
#include "text/gguf_pre_tokenizer.h"
#include "text/scored_bpe.h"
#include "text/sentencepiece_normalizer.h"
#include "text/tokenizer.h"
#include "text/tokenizer_parts.h"
#include "text/unigram.h"
#include "text/word_piece.h"

namespace hanok {
namespace {

enum class PieceType : uint8_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };

// What the keys say before it becomes the parts of a tokenizer.
struct Keys {
  const GgufFile& file;
  std::vector<std::string> pieces = {};
  std::vector<PieceType> types = {};
  size_t n_pieces = 0;

  // An optional id that must be inside the vocabulary.
  Result<std::optional<int32_t>> id(const char* name) const {
    const std::string key = std::string("tokenizer.ggml.") + name;
    if (file.find(key) == nullptr) return std::optional<int32_t>();
    HANOK_TRY(const int64_t value, file.get_int(key));
    if (value < 0 || static_cast<uint64_t>(value) >= n_pieces) {
      return fail(ErrorKind::kCorruptFile, "token id outside the vocabulary", key,
                  fmt::format("less than {}", n_pieces), fmt::format("{}", value));
    }
    return std::optional<int32_t>(static_cast<int32_t>(value));
  }

  Result<bool> flag(const char* name, bool otherwise) const {
    const std::string key = std::string("tokenizer.ggml.") + name;
    if (file.find(key) == nullptr) return otherwise;
    return file.get_bool(key);
  }

  bool is(size_t id, PieceType type) const { return types[id] == type; }
};

tl::unexpected<Error> wrong_count(const char* key, size_t expected, size_t got) {
  return fail(ErrorKind::kCorruptFile, "not one entry for each token", key, fmt::format("{}", expected),
              fmt::format("{}", got));
}

Result<Keys> read_keys(const GgufFile& file) {
  Keys keys{file};
  HANOK_TRY(keys.pieces, file.get_strings("tokenizer.ggml.tokens"));
  keys.n_pieces = keys.pieces.size();
  keys.types.assign(keys.n_pieces, PieceType::kNormal);
  if (file.find("tokenizer.ggml.token_type") == nullptr) return keys;
  HANOK_TRY(const auto types, file.get_ints("tokenizer.ggml.token_type"));
  if (types.size() != keys.pieces.size()) {
    return wrong_count("tokenizer.ggml.token_type", keys.pieces.size(), types.size());
  }
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i] > 1 && types[i] <= 6) keys.types[i] = static_cast<PieceType>(types[i]);
  }
  return keys;
}

Result<std::vector<double>> read_scores(const Keys& keys) {
  HANOK_TRY(std::vector<double> scores, keys.file.get_floats("tokenizer.ggml.scores"));
  if (scores.size() != keys.pieces.size())
    return wrong_count("tokenizer.ggml.scores", keys.pieces.size(), scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    if (std::abs(scores[i]) < 1e30) continue;  // false for NaN
    return fail(ErrorKind::kCorruptFile, "score is not a usable number", fmt::format("tokenizer.ggml.scores[{}]", i),
                "a number", fmt::format("{}", scores[i]));
  }
  return scores;
}

// Special and user-defined tokens are found in the text as they stand; the model sees the others alone.
Status split_added(Keys& keys, TokenizerParts& parts) {
  std::vector<AddedToken> added;
  for (size_t i = 0; i < keys.pieces.size(); ++i) {
    const bool special = keys.is(i, PieceType::kUnknown) || keys.is(i, PieceType::kControl);
    if ((!special && !keys.is(i, PieceType::kUserDefined)) || keys.pieces[i].empty()) continue;
    AddedToken token;
    token.id = static_cast<int32_t>(i);
    token.content = std::move(keys.pieces[i]);
    token.special = special;
    added.push_back(std::move(token));
    keys.pieces[i].clear();
  }
  HANOK_TRY(parts.added, AddedTokens::make(std::move(added), parts.normalizer));
  parts.vocabulary = std::make_shared<const Vocabulary>(std::move(keys.pieces));
  keys.pieces = {};
  return {};
}

// Returns whether a begin token is the rule.
Result<bool> read_byte_level(Keys& keys, TokenizerParts& parts) {
  HANOK_TRY(const auto lines, keys.file.get_strings("tokenizer.ggml.merges"));
  std::vector<std::pair<std::string, std::string>> merges;
  merges.reserve(lines.size());
  for (const std::string& line : lines) {
    const size_t space = line.find(' ', 1);
    if (space == std::string::npos) {
      return fail(ErrorKind::kCorruptFile, "merge without a space", "tokenizer.ggml.merges", "two tokens", line);
    }
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  std::string pre = "default";
  if (keys.file.find("tokenizer.ggml.pre") != nullptr) {
    HANOK_TRY(pre, keys.file.get_string("tokenizer.ggml.pre"));
  }
  HANOK_TRY(const GgufPreTokenizer flags, add_gguf_pre_tokenizer(pre, parts));
  HANOK_RETURN_IF_ERROR(split_added(keys, parts));
  BpeOptions options;
  options.ignore_merges = flags.ignore_merges;
  options.on_bytes = Bpe::has_all_bytes(*parts.vocabulary);
  if (!options.on_bytes) parts.pre_tokenizer.add_byte_level();
  HANOK_TRY(parts.model, Bpe::make(parts.vocabulary, merges, std::move(options)));
  parts.decoder.add_byte_level();
  return flags.add_bos;
}

void decode_as_sentences(bool strip_first_space, TokenizerParts& parts) {
  parts.decoder.add_replace(std::string(kSpaceMark), " ");
  parts.decoder.add_byte_fallback();
  parts.decoder.add_fuse();
  if (strip_first_space) parts.decoder.add_strip(" ", 1, 0);
}

Status read_scored_bpe(Keys& keys, TokenizerParts& parts) {
  HANOK_TRY(const auto scores, read_scores(keys));
  HANOK_TRY(const auto unknown, keys.id("unknown_token_id"));
  SentencePieceRules rules;
  rules.remove_extra_whitespaces = false;
  HANOK_TRY(rules.add_dummy_prefix, keys.flag("add_space_prefix", true));
  decode_as_sentences(rules.add_dummy_prefix, parts);
  parts.normalizer.add(sentencepiece_normalizer(std::move(rules)));
  std::vector<ScoredBpe::Entry> entries(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    ScoredBpe::Entry& entry = entries[i];
    entry.score = static_cast<float>(scores[i]);
    // Runs of spaces are user-defined tokens, but stand among marks that were written as such: found in normalized
    // text.
    entry.frozen = keys.is(i, PieceType::kUserDefined) && !keys.pieces[i].empty() &&
                   keys.pieces[i].find_first_not_of(' ') == std::string::npos;
    entry.unused = keys.is(i, PieceType::kUnused);
    entry.mergeable = keys.is(i, PieceType::kNormal) || entry.unused || entry.frozen;
    if (!entry.frozen) continue;
    std::string marks;
    for (size_t n = 0; n < keys.pieces[i].size(); ++n) marks += kSpaceMark;
    keys.pieces[i] = std::move(marks);
    keys.types[i] = PieceType::kNormal;
  }
  HANOK_RETURN_IF_ERROR(split_added(keys, parts));
  parts.model = std::make_unique<ScoredBpe>(parts.vocabulary, std::move(entries), unknown, true);
  return {};
}

Status read_unigram(Keys& keys, TokenizerParts& parts) {
  HANOK_TRY(auto scores, read_scores(keys));
  UnigramOptions options;
  HANOK_TRY(options.unknown, keys.id("unknown_token_id"));
  SentencePieceRules rules;
  HANOK_TRY(rules.add_dummy_prefix, keys.flag("add_space_prefix", true));
  HANOK_TRY(rules.remove_extra_whitespaces, keys.flag("remove_extra_whitespaces", true));
  if (keys.file.find("tokenizer.ggml.precompiled_charsmap") != nullptr) {
    HANOK_TRY(const auto bytes, keys.file.get_ints("tokenizer.ggml.precompiled_charsmap"));
    std::string blob;
    for (const int64_t byte : bytes) blob += static_cast<char>(byte);
    HANOK_TRY(PrecompiledMap map, PrecompiledMap::read(blob));
    rules.map = std::make_shared<const PrecompiledMap>(std::move(map));
  }
  for (size_t i = 0; i < keys.types.size(); ++i) {
    options.excluded.push_back(!keys.is(i, PieceType::kNormal));
    options.byte_fallback = options.byte_fallback || keys.is(i, PieceType::kByte);
  }
  decode_as_sentences(rules.add_dummy_prefix, parts);
  parts.normalizer.add(sentencepiece_normalizer(std::move(rules)));
  HANOK_RETURN_IF_ERROR(split_added(keys, parts));
  parts.model = std::make_unique<Unigram>(parts.vocabulary, std::move(scores), std::move(options));
  return {};
}

// Pieces at the start of a word are written with "▁", the others bare.
Status read_word_piece(Keys& keys, TokenizerParts& parts) {
  HANOK_TRY(const bool lowercase, keys.flag("normalizer.lowercase", true));
  HANOK_TRY(const bool accents, keys.flag("normalizer.strip_accents", lowercase));
  const nlohmann::json normalizer = {{"type", "BertNormalizer"},
                                     {"clean_text", true},
                                     {"handle_chinese_chars", true},
                                     {"strip_accents", accents},
                                     {"lowercase", lowercase}};
  HANOK_TRY(parts.normalizer, Normalizer::from_json(normalizer));
  HANOK_TRY(parts.pre_tokenizer, PreTokenizer::from_json({{"type", "BertPreTokenizer"}}));
  HANOK_TRY(const auto unknown, keys.id("unknown_token_id"));
  if (!unknown) {
    return fail(ErrorKind::kCorruptFile, "no token for unknown words", "tokenizer.ggml.unknown_token_id", "an id");
  }
  HANOK_RETURN_IF_ERROR(split_added(keys, parts));
  constexpr size_t kLongestWord = 100;  // BERT's
  parts.model = std::make_unique<WordPiece>(parts.vocabulary, *unknown, kSpaceMark, "", kLongestWord);
  parts.decoder.add_replace(std::string(kSpaceMark), " ");
  parts.decoder.add_fuse();
  parts.decoder.add_strip(" ", 1, 0);
  return {};
}

// The tokens around a text: BERT's own, or begin and end where the file (or else the kind of tokenizer) wants them.
Status read_ends(const Keys& keys, bool bert, bool add_bos, bool add_eos, TokenizerParts& parts) {
  HANOK_TRY(parts.bos, keys.id("bos_token_id"));
  HANOK_TRY(parts.eos, keys.id("eos_token_id"));
  for (const char* name : {"eot_token_id", "eom_token_id"}) {
    HANOK_TRY(const auto end, keys.id(name));
    if (end) parts.end_ids.push_back(*end);
  }
  auto first = parts.bos, last = parts.eos;
  if (bert) {
    HANOK_TRY(const auto classifier, keys.id("cls_token_id"));
    HANOK_TRY(const auto separator, keys.id("seperator_token_id"));  // spelt so in the format
    if (classifier) first = classifier;
    if (separator) last = separator;
  }
  HANOK_TRY(add_bos, keys.flag("add_bos_token", add_bos));
  HANOK_TRY(add_eos, keys.flag(bert ? "add_sep_token" : "add_eos_token", add_eos));
  if (add_bos && first) parts.prefix = {*first};
  if (add_eos && last) parts.suffix = {*last};
  return {};
}

}  // namespace

Result<Tokenizer> Tokenizer::from_gguf(const GgufFile& file) {
  auto parts = std::make_shared<TokenizerParts>();
  HANOK_TRY(const std::string model, file.get_string("tokenizer.ggml.model"));
  HANOK_TRY(Keys keys, read_keys(file));
  const bool bert = model == "bert", unigram = model == "t5";
  bool add_bos = model == "llama" || bert;
  if (model == "gpt2") {
    HANOK_TRY(add_bos, read_byte_level(keys, *parts));
  } else if (model == "llama") {
    HANOK_RETURN_IF_ERROR(read_scored_bpe(keys, *parts));
  } else if (unigram) {
    HANOK_RETURN_IF_ERROR(read_unigram(keys, *parts));
  } else if (bert) {
    HANOK_RETURN_IF_ERROR(read_word_piece(keys, *parts));
  } else {
    return fail(ErrorKind::kUnsupported, "unknown kind of tokenizer", "tokenizer.ggml.model", "gpt2, llama, t5 or bert",
                model);
  }
  HANOK_RETURN_IF_ERROR(read_ends(keys, bert, add_bos, bert || unigram, *parts));
  parts->finish();
  return Tokenizer(std::move(parts));
}

}  // namespace hanok
