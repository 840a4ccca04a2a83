// What `pdftotext -bbox-layout` says about a PDF: its pages, their blocks of text, its metadata.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "documents/document.h"

namespace hanok {

struct PdfPage {
  double width = 0, height = 0;  // in points
  std::vector<std::string> paragraphs;
};

struct PdfText {
  DocumentMetadata metadata;
  std::vector<PdfPage> pages;
};

// Errors: kCorruptFile for what is no such output, kLimit.
Result<PdfText> read_pdf_layout(const std::string& xml, const std::string& where);

}  // namespace hanok
