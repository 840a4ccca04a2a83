#include <fmt/format.h>

#include "text/tokenizer.h"
#include "text/tokenizer_parts.h"

namespace hanok {
namespace {

// An optional id that must be inside the vocabulary.
Result<std::optional<int32_t>> id_of(const GgufFile& file, const std::string& key, size_t n_tokens) {
  if (file.find(key) == nullptr) return std::optional<int32_t>();
  HANOK_TRY(const int64_t id, file.get_int(key));
  if (id < 0 || static_cast<uint64_t>(id) >= n_tokens) {
    return fail(ErrorKind::kCorruptFile, "token id outside the vocabulary", key, fmt::format("less than {}", n_tokens),
                fmt::format("{}", id));
  }
  return std::optional<int32_t>(static_cast<int32_t>(id));
}

Result<bool> flag_of(const GgufFile& file, const char* key, bool otherwise) {
  if (file.find(key) == nullptr) return otherwise;
  return file.get_bool(key);
}

TokenKind kind_of(int64_t type) {
  if (type == 6) return TokenKind::kByte;
  if (type == 4) return TokenKind::kAdded;
  return type == 2 || type == 3 ? TokenKind::kSpecial : TokenKind::kNormal;
}

Status read_kinds(const GgufFile& file, TokenizerParts& parts) {
  parts.kinds.assign(parts.pieces.size(), TokenKind::kNormal);
  if (file.find("tokenizer.ggml.token_type") == nullptr) return {};
  HANOK_TRY(const auto types, file.get_ints("tokenizer.ggml.token_type"));
  if (types.size() != parts.pieces.size()) {
    return fail(ErrorKind::kCorruptFile, "token types and tokens disagree in number", "tokenizer.ggml.token_type",
                fmt::format("{}", parts.pieces.size()), fmt::format("{}", types.size()));
  }
  for (size_t i = 0; i < types.size(); ++i) parts.kinds[i] = kind_of(types[i]);
  return {};
}

Status read_byte_level(const GgufFile& file, TokenizerParts& parts) {
  HANOK_TRY(const auto lines, file.get_strings("tokenizer.ggml.merges"));
  std::vector<std::pair<std::string, std::string>> merges;
  merges.reserve(lines.size());
  for (const std::string& line : lines) {
    const size_t space = line.find(' ', 1);
    if (space == std::string::npos) {
      return fail(ErrorKind::kCorruptFile, "merge without a space", "tokenizer.ggml.merges", "two tokens", line);
    }
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  HANOK_RETURN_IF_ERROR(parts.add_merges(merges));
  std::string pre = "default";
  if (file.find("tokenizer.ggml.pre") != nullptr) {
    HANOK_TRY(pre, file.get_string("tokenizer.ggml.pre"));
  }
  return apply_pre_tokenizer(pre, parts);
}

Status read_scored(const GgufFile& file, TokenizerParts& parts) {
  HANOK_TRY(const auto scores, file.get_floats("tokenizer.ggml.scores"));
  if (scores.size() != parts.pieces.size()) {
    return fail(ErrorKind::kCorruptFile, "scores and tokens disagree in number", "tokenizer.ggml.scores",
                fmt::format("{}", parts.pieces.size()), fmt::format("{}", scores.size()));
  }
  parts.add_scored_merges(scores);
  HANOK_TRY(parts.space_prefix, flag_of(file, "tokenizer.ggml.add_space_prefix", true));
  return {};
}

}  // namespace

Result<Tokenizer> Tokenizer::from_gguf(const GgufFile& file) {
  auto parts = std::make_shared<TokenizerParts>();
  HANOK_TRY(const std::string model, file.get_string("tokenizer.ggml.model"));
  if (model != "gpt2" && model != "llama") {
    return fail(ErrorKind::kUnsupported, "unknown kind of tokenizer", "tokenizer.ggml.model", "gpt2 or llama", model);
  }
  parts->byte_level = model == "gpt2";
  HANOK_TRY(parts->pieces, file.get_strings("tokenizer.ggml.tokens"));
  HANOK_RETURN_IF_ERROR(read_kinds(file, *parts));
  HANOK_TRY(parts->bos, id_of(file, "tokenizer.ggml.bos_token_id", parts->pieces.size()));
  HANOK_TRY(parts->eos, id_of(file, "tokenizer.ggml.eos_token_id", parts->pieces.size()));
  HANOK_TRY(parts->unknown, id_of(file, "tokenizer.ggml.unknown_token_id", parts->pieces.size()));
  for (const char* key : {"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    HANOK_TRY(const auto end, id_of(file, key, parts->pieces.size()));
    if (end) parts->end_ids.push_back(*end);
  }
  parts->finish();
  HANOK_RETURN_IF_ERROR(parts->byte_level ? read_byte_level(file, *parts) : read_scored(file, *parts));
  HANOK_TRY(const bool add_bos,
            flag_of(file, "tokenizer.ggml.add_bos_token", !parts->byte_level || parts->ignore_merges));
  HANOK_TRY(const bool add_eos, flag_of(file, "tokenizer.ggml.add_eos_token", false));
  if (add_bos && parts->bos) parts->prefix.push_back(*parts->bos);
  if (add_eos && parts->eos) parts->suffix.push_back(*parts->eos);
  return Tokenizer(std::move(parts));
}

}  // namespace hanok
