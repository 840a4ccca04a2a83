// What the tokenizer targets do with a tokenizer that was accepted: its ids lie in its vocabulary, and text comes back
// as valid UTF-8, the same in one go as in a stream.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "text/stream_decoder.h"
#include "text/tokenizer.h"

namespace hanok {

inline void expect(bool truth) {
  if (!truth) std::abort();
}

inline void use_tokenizer(const Tokenizer& tokenizer, std::string_view more_text) {
  std::string text = "ab 한국어  ᄒᆞᆫ e\u0301 漢 👩\u200d👧 12,345\t\n\n<s>▁a\xff\xed\x95 ";
  text += more_text.substr(0, 300);
  for (const bool special : {true, false}) {
    const auto ids = tokenizer.encode(text, {.add_special = special, .parse_special = special});
    if (!ids) continue;
    for (const int32_t id : *ids) expect(id >= 0 && id < tokenizer.vocab_size());
    const std::string decoded = tokenizer.decode(*ids);
    expect(replace_invalid_utf8(decoded) == decoded);
    StreamDecoder decoder(tokenizer, {});
    std::string streamed;
    for (const int32_t id : *ids) streamed += decoder.push(id);
    expect(streamed + decoder.finish() == decoded);
  }
  for (const int32_t id : {-1, 0, 1, tokenizer.vocab_size() - 1, tokenizer.vocab_size()}) {
    (void)tokenizer.piece(id);
    (void)tokenizer.token_bytes(id);
  }
  for (const int32_t id : tokenizer.end_ids()) expect(id >= 0 && id < tokenizer.vocab_size());
}

}  // namespace hanok
