// SentencePiece's table of replacements: a double-array trie over byte strings, followed by what they become.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hanok {

class PrecompiledMap {
 public:
  // From the bytes SentencePiece writes: the trie's size, its units, the replacements separated by zero bytes.
  static Result<PrecompiledMap> read(std::string_view blob);

  struct Match {
    size_t n_bytes = 0;
    std::string_view replacement;
  };
  // The shortest or longest key that `text` begins with.
  std::optional<Match> shortest(std::string_view text) const { return match(text, false); }
  std::optional<Match> longest(std::string_view text) const { return match(text, true); }

  // As Hugging Face applies it: to whole grapheme clusters below 6 bytes, else character by character, each replaced by
  // what its shortest key becomes.
  std::string apply_by_grapheme(std::string_view text) const;

 private:
  std::optional<Match> match(std::string_view text, bool longest) const;

  std::vector<uint32_t> units_;
  std::string replacements_;
};

// Bytes written in base64. Errors: any other character.
Result<std::string> decode_base64(std::string_view text);

}  // namespace hanok
