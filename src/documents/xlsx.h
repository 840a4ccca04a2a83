// XLSX workbooks: each sheet is a heading with its name and a table.
#pragma once

#include <string>

#include "base/result.h"
#include "documents/document.h"
#include "documents/zip_archive.h"

namespace hanok {

bool is_xlsx(const ZipArchive& archive);

// Values as the sheet shows them (documents/number_format), formulas by their saved results, comments as notes. A sheet
// counts as a page.
Result<ReadDocument> read_xlsx(ZipArchive& archive, const std::string& where);

}  // namespace hanok
