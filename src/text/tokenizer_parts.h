// What a tokenizer is made of once its file has been read; built by the readers, run by Tokenizer.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "text/bpe.h"
#include "text/splitter.h"

namespace hanok {

enum class TokenKind : uint8_t { kNormal, kSpecial, kAdded, kByte };
enum class Normalization { kNone, kNfc, kNfd, kNfkc, kNfkd };

struct TokenizerParts {
  std::vector<std::string> pieces;
  std::vector<TokenKind> kinds;
  Vocabulary ids;
  Bpe bpe;

  bool byte_level = false;     // symbols are bytes written as visible characters; otherwise characters, "▁" for space
  bool ignore_merges = false;  // a whole pre-token that is in the vocabulary is not built from its parts
  bool space_prefix = false;   // the text gets a space in front
  Normalization normalization = Normalization::kNone;
  std::vector<Splitter> splits;  // applied one after the other

  std::vector<int32_t> prefix, suffix;  // what add_special puts around the ids
  std::optional<int32_t> bos, eos, unknown;
  std::vector<int32_t> end_ids;

  std::array<std::vector<std::pair<std::string, int32_t>>, 256> added;  // by first byte, longest first
  std::array<int32_t, 256> byte_ids{};                                  // id of each byte, -1 when there is none

  // Fills ids, added, byte_ids and end_ids from pieces, kinds and eos.
  void finish();
  // The merges of byte-pair files: "left right" in order of rank. Errors: a merge that names no token.
  Status add_merges(const std::vector<std::pair<std::string, std::string>>& merges);
  // The merges that SentencePiece scores stand for; the best score first.
  void add_scored_merges(const std::vector<double>& scores);
};

// The character that byte-level vocabularies write for a byte, and back (-1 when it stands for none).
char32_t byte_level_char(uint8_t byte);
int byte_level_byte(char32_t c);

// Splitters for a GGUF pre-tokenizer name. Errors: a name that is not known.
Status apply_pre_tokenizer(const std::string& name, TokenizerParts& parts);

}  // namespace hanok
