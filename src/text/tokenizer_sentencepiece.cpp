#include "text/tokenizer_sentencepiece.h"

#include <utility>

#include <fmt/format.h>

#include "text/protobuf.h"
#include "text/scored_bpe.h"
#include "text/sentencepiece_normalizer.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"
#include "text/unigram.h"

namespace hanok {
namespace {

// Field numbers and values of SentencePiece's ModelProto.
enum ModelField : uint32_t { kPieces = 1, kTrainerSpec = 2, kNormalizerSpec = 3 };
enum PieceField : uint32_t { kPiece = 1, kScore = 2, kType = 3 };
enum TrainerField : uint32_t {
  kModelType = 3,
  kWhitespaceAsSuffix = 24,
  kByteFallback = 35,
  kUnknownId = 40,
  kBeginId = 41,
  kEndId = 42
};
enum NormalizerField : uint32_t {
  kCharsMap = 2,
  kAddDummyPrefix = 3,
  kRemoveExtraWhitespaces = 4,
  kEscapeWhitespaces = 5
};
enum class PieceType : uint64_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };
enum ModelType : uint64_t { kUnigram = 1, kBpe = 2, kWord = 3, kChar = 4 };

struct Model {
  std::vector<std::string> pieces;
  std::vector<float> scores;
  std::vector<PieceType> types;
  uint64_t type = kUnigram;
  bool byte_fallback = false;
  int64_t unknown = 0, begin = 1, end = 2;  // negative when there is none
  SentencePieceRules rules;
};

// Calls read(field) for each field of a message.
template <class Read>
Status each_field(std::string_view message, const std::string& where, Read read) {
  ProtobufReader reader(message, where);
  for (;;) {
    HANOK_TRY(const auto field, reader.next());
    if (!field) return {};
    HANOK_RETURN_IF_ERROR(read(*field));
  }
}

using Field = ProtobufReader::Field;

Status read_piece(std::string_view message, Model& model) {
  std::string piece;
  float score = 0;
  auto type = static_cast<uint64_t>(PieceType::kNormal);
  const std::string where = fmt::format("tokenizer.model piece {}", model.pieces.size());
  HANOK_RETURN_IF_ERROR(each_field(message, where, [&](const Field& field) -> Status {
    if (field.number == kPiece) piece = field.bytes;
    if (field.number == kScore) score = field.as_float();
    if (field.number == kType) type = field.value;
    return {};
  }));
  if (type < 1 || type > 6) {
    return fail(ErrorKind::kUnsupported, "kind of piece that is not known", where, "1 to 6", fmt::format("{}", type));
  }
  if (static_cast<int64_t>(model.pieces.size()) >= kMostTokens) {
    return fail(ErrorKind::kCorruptFile, "too many pieces", "tokenizer.model", fmt::format("at most {}", kMostTokens));
  }
  if (!(score > -1e30f && score < 1e30f)) {
    return fail(ErrorKind::kCorruptFile, "score is not a usable number", where, "", fmt::format("{}", score));
  }
  model.pieces.push_back(std::move(piece));
  model.scores.push_back(score);
  model.types.push_back(static_cast<PieceType>(type));
  return {};
}

Status read_trainer(std::string_view message, Model& model) {
  const auto id = [](const Field& field) { return static_cast<int64_t>(static_cast<int32_t>(field.value)); };
  return each_field(message, "tokenizer.model trainer_spec", [&](const Field& field) -> Status {
    if (field.number == kModelType) model.type = field.value;
    if (field.number == kWhitespaceAsSuffix) model.rules.whitespace_as_suffix = field.value != 0;
    if (field.number == kByteFallback) model.byte_fallback = field.value != 0;
    if (field.number == kUnknownId) model.unknown = id(field);
    if (field.number == kBeginId) model.begin = id(field);
    if (field.number == kEndId) model.end = id(field);
    return {};
  });
}

Status read_normalizer(std::string_view message, Model& model) {
  return each_field(message, "tokenizer.model normalizer_spec", [&](const Field& field) -> Status {
    if (field.number == kAddDummyPrefix) model.rules.add_dummy_prefix = field.value != 0;
    if (field.number == kRemoveExtraWhitespaces) model.rules.remove_extra_whitespaces = field.value != 0;
    if (field.number == kEscapeWhitespaces) model.rules.escape_whitespaces = field.value != 0;
    if (field.number == kCharsMap && !field.bytes.empty()) {
      HANOK_TRY(PrecompiledMap map, PrecompiledMap::read(field.bytes));
      model.rules.map = std::make_shared<const PrecompiledMap>(std::move(map));
    }
    return {};
  });
}

Result<Model> read_model(std::string_view bytes) {
  Model model;
  HANOK_RETURN_IF_ERROR(each_field(bytes, "tokenizer.model", [&](const Field& field) -> Status {
    if (field.number == kPieces && field.is_bytes) return read_piece(field.bytes, model);
    if (field.number == kTrainerSpec && field.is_bytes) return read_trainer(field.bytes, model);
    if (field.number == kNormalizerSpec && field.is_bytes) return read_normalizer(field.bytes, model);
    return {};
  }));
  if (model.pieces.empty()) {
    return fail(ErrorKind::kCorruptFile, "no pieces", "tokenizer.model", "a SentencePiece model");
  }
  if (model.type != kUnigram && model.type != kBpe) {
    return fail(ErrorKind::kUnsupported, "kind of model that is not known", "tokenizer.model trainer_spec.model_type",
                "1 (unigram) or 2 (BPE)", fmt::format("{}", model.type));
  }
  return model;
}

std::unique_ptr<const TokenModel> make_model(const Model& model, const std::shared_ptr<const Vocabulary>& vocabulary,
                                             std::optional<int32_t> unknown) {
  const size_t n = model.types.size();
  if (model.type == kBpe) {
    std::vector<ScoredBpe::Entry> entries(n);
    for (size_t i = 0; i < n; ++i) {
      const PieceType type = model.types[i];
      entries[i].score = model.scores[i];
      entries[i].unused = type == PieceType::kUnused;
      entries[i].frozen = type == PieceType::kUserDefined;
      entries[i].mergeable = type == PieceType::kNormal || entries[i].unused || entries[i].frozen;
    }
    return std::make_unique<ScoredBpe>(vocabulary, std::move(entries), unknown, model.byte_fallback);
  }
  UnigramOptions options;
  options.unknown = unknown;
  options.byte_fallback = model.byte_fallback;
  options.single_precision = true;
  for (const PieceType type : model.types) {
    options.favoured.push_back(type == PieceType::kUserDefined);
    options.excluded.push_back(type != PieceType::kNormal && type != PieceType::kUserDefined);
  }
  return std::make_unique<Unigram>(vocabulary, std::vector<double>(model.scores.begin(), model.scores.end()),
                                   std::move(options));
}

}  // namespace

Result<std::shared_ptr<TokenizerParts>> read_sentencepiece(std::string_view bytes) {
  HANOK_TRY(Model model, read_model(bytes));
  auto parts = std::make_shared<TokenizerParts>();
  std::vector<AddedToken> control;
  for (size_t i = 0; i < model.types.size(); ++i) {
    if (model.types[i] == PieceType::kUserDefined) model.rules.kept.push_back(model.pieces[i]);
    if (model.types[i] != PieceType::kControl && model.types[i] != PieceType::kUnknown) continue;
    if (model.pieces[i].empty()) continue;
    AddedToken token;
    token.id = static_cast<int32_t>(i);
    token.content = model.pieces[i];
    token.special = true;
    control.push_back(std::move(token));
  }
  const auto id_within = [&](int64_t id) {
    const bool within = id >= 0 && id < static_cast<int64_t>(model.pieces.size());
    return within ? std::optional<int32_t>(static_cast<int32_t>(id)) : std::nullopt;
  };
  const auto unknown = id_within(model.unknown);
  parts->bos = id_within(model.begin);
  parts->eos = id_within(model.end);
  HANOK_TRY(parts->added, AddedTokens::make(std::move(control), parts->normalizer));
  parts->decoder.add_replace(std::string(kSpaceMark), " ");
  parts->decoder.add_byte_fallback();
  parts->decoder.add_fuse();
  if (model.rules.add_dummy_prefix) parts->decoder.add_strip(" ", 1, 0);
  parts->vocabulary = std::make_shared<const Vocabulary>(std::move(model.pieces));
  parts->model = make_model(model, parts->vocabulary, unknown);
  parts->normalizer.add(sentencepiece_normalizer(std::move(model.rules)));
  return parts;
}

Result<SentencePieceTable> read_sentencepiece_table(std::string_view bytes) {
  HANOK_TRY(Model model, read_model(bytes));
  SentencePieceTable table;
  table.is_bpe = model.type == kBpe;
  table.scores = std::move(model.scores);
  for (const PieceType type : model.types) table.types.push_back(static_cast<int64_t>(type));
  if (model.unknown >= 0 && model.unknown < static_cast<int64_t>(model.types.size()))
    table.unknown = static_cast<int32_t>(model.unknown);
  return table;
}

Result<Tokenizer> Tokenizer::from_sentencepiece(std::string_view model) {
  HANOK_TRY(auto parts, read_sentencepiece(model));
  parts->finish();
  return Tokenizer(std::move(parts));
}

}  // namespace hanok
