// Fuzzes the reader of documents: any bytes give a document that can be shown, or an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "documents/reader.h"
#include "documents/render.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), n_bytes);
  // Other programs read PDF; pdf_output_fuzz looks at what they say.
  if (hanok::detect_format(bytes, "a.txt") == hanok::DocumentFormat::kPdf) return 0;
  for (const char* name : {"a.md", "a.csv", "a.txt"}) {
    const auto document = hanok::read_document(bytes, name, {.password = "x"});
    if (!document) continue;
    hanok::render_markdown(*document);
    hanok::render_json(*document);
  }
  return 0;
}
