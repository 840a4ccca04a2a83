// Fuzzes the reader of SentencePiece models: any bytes give a tokenizer that works, or an error.
#include <cstddef>
#include <cstdint>

#include "use_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const std::string_view model(reinterpret_cast<const char*>(data), n_bytes);
  if (const auto tokenizer = hanok::Tokenizer::from_sentencepiece(model)) hanok::use_tokenizer(*tokenizer, model);
  return 0;
}
