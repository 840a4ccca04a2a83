// The second step of a tokenizer: cuts normalized text into the pieces that the model sees one by one.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "text/splitter.h"

namespace hanok {

// The pieces of one stretch of text. Each lies in the text, in `rewritten`, or in a literal.
struct PieceList {
  std::vector<std::string_view> pieces;
  std::deque<std::string> rewritten;  // pieces that a step changed
  bool at_start = false;              // the stretch begins the whole text
  size_t n_rewritten_bytes = 0;

  // Keeps a changed piece for as long as the list lives.
  std::string_view keep(std::string text) {
    n_rewritten_bytes += text.size();
    return rewritten.emplace_back(std::move(text));
  }
};

class PreTokenizer {
 public:
  using Step = std::function<Status(PieceList&)>;

  // From the member "pre_tokenizer" of a tokenizer.json; null leaves the text whole.
  static Result<PreTokenizer> from_json(const nlohmann::json& node);

  void add(Step step);
  void add_split(Splitter splitter, SplitBehavior behavior, bool invert = false);
  // Writes the bytes of every piece as visible characters. As the last step it is left to a model that works on bytes
  // (see drop_byte_level).
  void add_byte_level();
  // True when the last step wrote bytes as characters; the step is gone then.
  bool drop_byte_level();

  Status apply(PieceList& list) const;

 private:
  std::vector<Step> steps_;
  bool ends_in_byte_level_ = false;
};

// GPT-2's pattern, which ByteLevel uses where nothing else is said.
extern const char* const kGpt2Pattern;

}  // namespace hanok
