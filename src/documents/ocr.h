// Text in pictures of pages, recognised by Debian's tesseract as a child process.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hanok {

// What is missing before pictures of Korean pages can be read, as the names of Debian packages parted by spaces; empty
// when nothing is. Errors: as run_child.
Result<std::string> missing_ocr_packages(const std::atomic<bool>* cancel);

// The paragraphs of a picture (PNM, PNG, TIFF, …) with so many dots per inch. Errors: as run_child; kCorruptFile with
// tesseract's words.
Result<std::vector<std::string>> recognise_page(std::string_view picture, int dots_per_inch,
                                                const std::atomic<bool>* cancel, const std::string& where);

// The paragraphs in tesseract's table of words (TSV).
std::vector<std::string> paragraphs_of_tsv(std::string_view tsv);

}  // namespace hanok
