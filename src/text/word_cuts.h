// Where a text written with "▁" for spaces falls into words that no token spans, so that each can be encoded alone.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/vocabulary.h"

namespace hanok {

class WordCuts {
 public:
  // Cuts nowhere.
  WordCuts() = default;
  // Cuts before a "▁" that follows a character which comes before "▁" in no piece. Nowhere when "▁" itself is no piece,
  // because unknown characters may join across it then.
  explicit WordCuts(const Vocabulary& vocabulary);

  // Calls visit(word) for the words of `text`, which is valid UTF-8, in order.
  template <class Visit>
  void each(std::string_view text, Visit visit) const {
    for (size_t at = 1; cuts_ && at < text.size();) {
      at = text.find(kMark, at);
      if (at == std::string_view::npos) break;
      if (is_joint(text, at)) {
        ++at;
        continue;
      }
      visit(text.substr(0, at));
      text.remove_prefix(at);
      at = 1;
    }
    if (!text.empty()) visit(text);
  }

 private:
  static constexpr std::string_view kMark = "\xe2\x96\x81";

  // Whether a token may hold both the "▁" at `at` and the character before it.
  bool is_joint(std::string_view text, size_t at) const;

  bool cuts_ = false;
  std::vector<uint32_t> before_;  // the characters that come before "▁" in a piece, as packed bytes, sorted
};

}  // namespace hanok
