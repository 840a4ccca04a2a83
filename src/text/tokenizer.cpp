#include "text/tokenizer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"
#include "text/tokenizer_parts.h"

namespace hanok {
namespace {

// The ids of text without added tokens, normalized already.
Status encode_pieces(const TokenizerParts& parts, std::string_view text, bool at_start, std::vector<int32_t>& ids) {
  PieceList list;
  list.pieces = {text};
  list.at_start = at_start;
  HANOK_RETURN_IF_ERROR(parts.pre_tokenizer.apply(list));
  for (const std::string_view piece : list.pieces) HANOK_RETURN_IF_ERROR(parts.model->encode(piece, ids));
  return {};
}

// The ids of a stretch between the tokens that were found in the text as it stands.
Status encode_stretch(const TokenizerParts& parts, std::string_view text, bool at_start, AddedTokens::Specials specials,
                      std::vector<int32_t>& ids) {
  std::string normal;
  if (!parts.normalizer.empty()) {
    const auto first = std::lower_bound(specials.plain_at.begin(), specials.plain_at.end(), specials.offset);
    if (first != specials.plain_at.end() && *first < specials.offset + text.size()) specials.parsed = false;
    specials.plain_at = {};  // they count in the text before it is normalized
    normal = text;
    HANOK_RETURN_IF_ERROR(parts.normalizer.apply(normal));
    text = normal;
  }
  std::vector<AddedTokens::Stretch> stretches;
  parts.added.split_normalized(text, specials, stretches);
  for (const auto& stretch : stretches) {
    if (stretch.id >= 0) {
      ids.push_back(stretch.id);
      continue;
    }
    HANOK_RETURN_IF_ERROR(encode_pieces(parts, text.substr(stretch.begin, stretch.end - stretch.begin),
                                        at_start && stretch.begin == 0, ids));
  }
  return {};
}

}  // namespace

Tokenizer::Tokenizer(std::shared_ptr<const TokenizerParts> parts) : parts_(std::move(parts)) {}

Result<std::vector<int32_t>> Tokenizer::encode(std::string_view utf8, EncodeOptions options) const {
  const std::string text = replace_invalid_utf8(utf8);
  std::vector<int32_t> ids;
  if (options.add_special) ids = parts_->prefix;
  std::vector<AddedTokens::Stretch> stretches;
  AddedTokens::Specials specials{options.parse_special, options.plain_at, 0};
  HANOK_CHECK(options.plain_at.empty() || text == utf8, "plain_at counts in valid UTF-8");
  parts_->added.split_raw(text, specials, stretches);
  for (const auto& stretch : stretches) {
    if (stretch.id >= 0) {
      ids.push_back(stretch.id);
      continue;
    }
    const std::string_view part = std::string_view(text).substr(stretch.begin, stretch.end - stretch.begin);
    specials.offset = stretch.begin;
    HANOK_RETURN_IF_ERROR(encode_stretch(*parts_, part, stretch.begin == 0, specials, ids));
  }
  if (options.add_special) ids.insert(ids.end(), parts_->suffix.begin(), parts_->suffix.end());
  return ids;
}

std::vector<size_t> Tokenizer::special_starts(std::string_view utf8) const {
  return parts_->added.special_starts(utf8);
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool skip_special) const {
  TokenDecoder::State state;
  std::string bytes;
  for (const int32_t id : ids) {
    if (!skip_special || !is_special(id)) decode_next(state, id, bytes);
  }
  return replace_invalid_utf8(bytes);
}

void Tokenizer::decode_next(TokenDecoder::State& state, int32_t id, std::string& bytes) const {
  if (const AddedToken* token = parts_->added.find(id)) {
    parts_->decoder.push(state, parts_->added.shown(*token), bytes);
  } else if (parts_->vocabulary->has(id) && !parts_->vocabulary->piece(id).empty()) {
    parts_->decoder.push(state, parts_->vocabulary->piece(id), bytes);
  }
}

std::string Tokenizer::token_bytes(int32_t id) const {
  TokenDecoder::State state{.first = false, .text_began = true, .held = {}};
  std::string bytes;
  decode_next(state, id, bytes);
  return bytes + state.held;
}

std::string Tokenizer::piece(int32_t id) const {
  if (const AddedToken* token = parts_->added.find(id)) return token->content;
  return parts_->vocabulary->has(id) ? parts_->vocabulary->piece(id) : std::string();
}

int32_t Tokenizer::vocab_size() const {
  return parts_->n_ids;
}

bool Tokenizer::is_special(int32_t id) const {
  const AddedToken* token = parts_->added.find(id);
  return token != nullptr && token->special;
}

std::optional<int32_t> Tokenizer::find(std::string_view piece) const {
  return parts_->find(piece);
}

std::optional<int32_t> Tokenizer::bos_id() const {
  return parts_->bos;
}

std::optional<int32_t> Tokenizer::eos_id() const {
  return parts_->eos;
}

const std::vector<int32_t>& Tokenizer::end_ids() const {
  return parts_->end_ids;
}

}  // namespace hanok
