// Fuzzes the reader of mail.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "documents/eml.h"
#include "documents/render.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const auto document = hanok::read_eml(std::string_view(reinterpret_cast<const char*>(data), n_bytes), "a");
  if (!document) return 0;
  hanok::render_markdown(*document);
  hanok::render_json(*document);
  return 0;
}
