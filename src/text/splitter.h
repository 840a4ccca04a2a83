// Splits text by regular expressions as pre-tokenizers do: matches and what lies between them become pieces.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hanok {

class Splitter {
 public:
  // Oniguruma-style patterns as tokenizer.json holds them, compiled by PCRE2 with Unicode properties.
  static Result<Splitter> compile(const std::string& pattern);

  // Appends the pieces of `text` (valid UTF-8) in order: each match, and each part between matches.
  void split(std::string_view text, std::vector<std::string_view>& pieces) const;

 private:
  struct Code;
  std::shared_ptr<const Code> code_;
};

}  // namespace hanok
