// ODT documents (OpenDocument text).
#pragma once

#include <string>

#include "base/result.h"
#include "documents/document.h"
#include "documents/reader.h"
#include "documents/zip_archive.h"

namespace hanok {

bool is_odt(ZipArchive& archive);

// Headings, paragraphs, items of lists, tables with merged and nested cells, notes, text boxes, comments, headers and
// footers; tracked deletions are left out and counted. The format keeps no pages. Error: kPassword.
Result<ReadDocument> read_odt(ZipArchive& archive, const std::string& where, const ReadOptions& options);

}  // namespace hanok
