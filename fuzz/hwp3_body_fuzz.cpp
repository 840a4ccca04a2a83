// Fuzzes the paragraphs of HWP 3.0, out of their file.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "documents/document.h"
#include "documents/hwp3_body.h"
#include "documents/render.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const std::string lists = std::string(16, '\0') + std::string(reinterpret_cast<const char*>(data), n_bytes);
  const std::string where = "body";
  hanok::Hwp3Body body(lists, where);
  (void)body.read();
  hanok::ReadDocument document;
  document.blocks = std::move(body.blocks);
  hanok::lay_out(document);
  hanok::render_markdown(document);
  hanok::render_json(document);
  return 0;
}
