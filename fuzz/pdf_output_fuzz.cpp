// Fuzzes what reads the output of poppler's programs and of tesseract.
#include <cstddef>
#include <cstdint>
#include <string>

#include "documents/ocr.h"
#include "documents/pdf_images.h"
#include "documents/pdf_layout.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const std::string bytes(reinterpret_cast<const char*>(data), n_bytes);
  (void)hanok::read_pdf_layout(bytes, "a");
  (void)hanok::paragraphs_of_tsv(bytes);
  (void)hanok::pictured_area(bytes, 3);
  return 0;
}
