// Turns generated ids into text as they come: whole characters only, stop strings caught across tokens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "text/tokenizer.h"

namespace hanok {

class StreamDecoder {
 public:
  // Empty stop strings are ignored. The decoder keeps its own copy of the tokenizer's handle. shown: special tokens
  // that are part of the text all the same.
  StreamDecoder(const Tokenizer& tokenizer, std::vector<std::string> stops, std::vector<int32_t> shown = {});

  // The text that is now certain: complete characters, and nothing that could be the start of a stop string. Other
  // special tokens add nothing. After a stop string was found, always empty.
  std::string push(int32_t id);
  // The text still held back; an incomplete character becomes U+FFFD.
  std::string finish();
  // True once a stop string was produced; the text before it has been returned, it itself never is.
  bool stopped() const { return stopped_; }

 private:
  std::string release(bool all);

  Tokenizer tokenizer_;
  std::vector<std::string> stops_;
  std::vector<int32_t> shown_;
  TokenDecoder::State state_;
  std::string bytes_;  // not yet whole characters
  std::string text_;   // whole characters, held back for the stop strings
  bool stopped_ = false;
};

}  // namespace hanok
