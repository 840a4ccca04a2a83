#include "documents/helpers.h"

#include <filesystem>

#include "base/child_process.h"
#include "documents/ocr.h"

namespace hanok {

std::string helpers_found(const std::atomic<bool>* cancel) {
  std::string found;
  for (const char* program : {"pdftotext", "pdfimages", "pdftoppm"}) found += find_program(program) + "\n";
  std::error_code ignored;
  if (std::filesystem::exists("/usr/share/poppler/cMap", ignored)) found += "poppler-data\n";
  return found + missing_ocr_packages(cancel).value_or("?");
}

}  // namespace hanok
