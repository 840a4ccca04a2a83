// DOCX documents (Office Open XML).
#pragma once

#include <string>

#include "base/result.h"
#include "documents/document.h"
#include "documents/zip_archive.h"

namespace hanok {

// Whether the archive is a DOCX document.
bool is_docx(const ZipArchive& archive);

// The format keeps no pages, so no block has one.
Result<ReadDocument> read_docx(ZipArchive& archive, const std::string& where);

}  // namespace hanok
