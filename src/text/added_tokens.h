// Tokens that are found in a text as they stand, before the model cuts up what lies between them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "text/normalizer.h"
#include "text/piece_trie.h"

namespace hanok {

struct AddedToken {
  int32_t id = -1;
  std::string content;
  bool special = false;                 // says something about the text instead of being part of it
  bool single_word = false;             // counts only where no word character stands beside it
  bool lstrip = false, rstrip = false;  // takes the white space on that side with it
  bool normalized = false;              // looked for, normalized, in the normalized text instead of in the text itself
};

class AddedTokens {
 public:
  // A stretch of text: a token, or what lies between two (id -1).
  struct Stretch {
    size_t begin = 0, end = 0;
    int32_t id = -1;
  };

  AddedTokens() = default;
  // Errors: what the normalizer cannot do.
  static Result<AddedTokens> make(std::vector<AddedToken> tokens, const Normalizer& normalizer);

  const std::vector<AddedToken>& tokens() const { return tokens_; }
  const AddedToken* find(int32_t id) const;
  // The text a decoder sees for a token: its content, or its normalized form when it was looked for as that.
  const std::string& shown(const AddedToken& token) const;

  // Which special tokens are looked for.
  struct Specials {
    bool parsed = true;                // else all are left as text
    std::span<const size_t> plain_at;  // bytes at which none begins, in growing order
    size_t offset = 0;                 // where the text that is split begins in the one that plain_at counts in

    bool may_begin(size_t at) const { return !std::binary_search(plain_at.begin(), plain_at.end(), offset + at); }
  };

  // Cuts `text` into stretches, of the longest tokens from the left.
  void split_raw(std::string_view text, const Specials& specials, std::vector<Stretch>& out) const {
    split(raw_, text, specials, out);
  }
  // The same for the tokens that are looked for in the normalized text.
  void split_normalized(std::string_view text, const Specials& specials, std::vector<Stretch>& out) const {
    split(normalized_, text, specials, out);
  }
  // The bytes of the text at which a special token is written.
  std::vector<size_t> special_starts(std::string_view text) const;

 private:
  void split(const PieceTrie& trie, std::string_view text, const Specials& specials, std::vector<Stretch>& out) const;

  std::vector<AddedToken> tokens_;
  std::vector<std::string> shown_;
  std::unordered_map<int32_t, size_t> by_id_;
  PieceTrie raw_, normalized_;  // values are indices into tokens_
};

}  // namespace hanok
