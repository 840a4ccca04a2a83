// PDF documents, read by poppler's programs in child processes: a fault in them ends them, not us.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/document.h"
#include "documents/reader.h"

namespace hanok {

// Paragraphs by block with exact pages. Pages that are pictures are recognised (documents/ocr) where that is installed.
// Errors: kPassword, kCorruptFile; kNotFound naming the package when poppler-utils is missing; kUnsupported naming the
// packages when all pages are pictures and they are missing; as run_child.
Result<ReadDocument> read_pdf(std::string_view bytes, const std::string& where, const ReadOptions& options);

}  // namespace hanok
