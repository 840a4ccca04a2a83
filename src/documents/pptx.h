// PPTX presentations: a slide is a page.
#pragma once

#include <string>

#include "base/result.h"
#include "documents/document.h"
#include "documents/zip_archive.h"

namespace hanok {

bool is_pptx(const ZipArchive& archive);

// Titles as headings, text, tables with merged cells, the speaker's notes as notes; not the numbers and dates at the
// slides' edges.
Result<ReadDocument> read_pptx(ZipArchive& archive, const std::string& where);

}  // namespace hanok
