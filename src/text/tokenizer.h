// Turns text into token ids and back, with the tokenizer a model brings along.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/gguf.h"
#include "text/token_decoder.h"

namespace hanok {

struct TokenizerParts;  // src/text/tokenizer_parts.h

struct TokenizerEncodeOptions {
  bool add_special = true;    // begin and end tokens, as the model's post-processor says
  bool parse_special = true;  // special tokens written in the text become their ids; otherwise they are plain text
  // Bytes of a text of valid UTF-8 at which no special token begins although they are parsed elsewhere, in growing
  // order. A special token that is looked for in the normalized text is then not found between the tokens around such a
  // place.
  std::span<const size_t> plain_at = {};
};

// Immutable after construction, so any number of threads may use one. Copies share the vocabulary.
class Tokenizer {
 public:
  using EncodeOptions = TokenizerEncodeOptions;

  // From the tokenizer.ggml.* keys of a GGUF file.
  static Result<Tokenizer> from_gguf(const GgufFile& file);
  // From a folder with tokenizer.json, vocab.json and merges.txt, or tokenizer.model (looked for in that order), and
  // tokenizer_config.json where there is one.
  static Result<Tokenizer> from_folder(const std::filesystem::path& folder);
  // From the text of a tokenizer.json. An unknown component, or a member of one that is not known, is an error.
  static Result<Tokenizer> from_json(std::string_view tokenizer_json);
  // From the bytes of a SentencePiece model.
  static Result<Tokenizer> from_sentencepiece(std::string_view model);

  explicit Tokenizer(std::shared_ptr<const TokenizerParts> parts);

  // Broken UTF-8 is read as U+FFFD, one for each maximal invalid part. Errors: a part of the text that the tokenizer
  // has no token for, or that its patterns cannot split within their limits.
  Result<std::vector<int32_t>> encode(std::string_view utf8, EncodeOptions options = {}) const;
  // The bytes at which special tokens are written in a text of valid UTF-8.
  std::vector<size_t> special_starts(std::string_view utf8) const;
  // Ids outside the vocabulary are left out; bytes that make no character become U+FFFD.
  std::string decode(std::span<const int32_t> ids, bool skip_special = true) const;

  // Appends the bytes that token `id` adds to a text decoded so far into `state`; nothing for ids outside the
  // vocabulary.
  void decode_next(TokenDecoder::State& state, int32_t id, std::string& bytes) const;
  // The raw bytes one token adds in mid-text; empty for ids outside the vocabulary.
  std::string token_bytes(int32_t id) const;
  // The token as the vocabulary writes it.
  std::string piece(int32_t id) const;
  // One more than the greatest id.
  int32_t vocab_size() const;
  bool is_special(int32_t id) const;
  std::optional<int32_t> find(std::string_view piece) const;
  std::optional<int32_t> bos_id() const;
  std::optional<int32_t> eos_id() const;
  // Every id known to end a turn or a text.
  const std::vector<int32_t>& end_ids() const;

 private:
  std::shared_ptr<const TokenizerParts> parts_;
};

}  // namespace hanok
