// Fuzzes the reader of tokenizer.json: any bytes give a tokenizer that works within its limits, or an error.
#include <cstddef>
#include <cstdint>

#include "use_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const std::string_view json(reinterpret_cast<const char*>(data), n_bytes);
  if (const auto tokenizer = hanok::Tokenizer::from_json(json)) hanok::use_tokenizer(*tokenizer, json);
  return 0;
}
