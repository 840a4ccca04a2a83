// Finds what a pre-tokenizer's or normalizer's pattern matches: regular expressions, fixed texts, classes of
// characters.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hanok {

// What to do with the parts a pattern matches.
enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

class Splitter {
 public:
  struct Part {
    size_t begin = 0, end = 0;  // bytes
    bool match = false;
  };

  // An Oniguruma pattern as tokenizer.json holds them, run by PCRE2 with Unicode properties.
  static Result<Splitter> compile(const std::string& pattern);
  // The text itself, wherever it stands; an empty one never matches.
  static Splitter literal(std::string text);
  // Each single character for which the function is true.
  static Splitter characters(std::function<bool(char32_t)> matches);

  // The matches and what lies between them, in order, covering all of `text` (valid UTF-8); empty matches are kept.
  // Errors: the pattern needs more steps than allowed.
  Status parts(std::string_view text, std::vector<Part>& out) const;
  // Appends the pieces that `behavior` makes of the parts; with `invert` the gaps count as matches. No piece is empty.
  Status split(std::string_view text, SplitBehavior behavior, bool invert, std::vector<std::string_view>& pieces) const;
  // Each match becomes `replacement`. Errors: also a text of more than `most_bytes`.
  Status replace(std::string& text, std::string_view replacement, size_t most_bytes) const;

 private:
  struct Code;
  Status regex_parts(std::string_view text, std::vector<Part>& out) const;
  tl::unexpected<Error> too_costly(size_t at, std::string why) const;

  std::shared_ptr<const Code> code_;
  std::string literal_;
  std::function<bool(char32_t)> character_;
};

}  // namespace hanok
