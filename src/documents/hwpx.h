// HWPX documents (OWPML, KS X 6101).
#pragma once

#include <string>

#include "base/result.h"
#include "documents/document.h"
#include "documents/reader.h"
#include "documents/zip_archive.h"

namespace hanok {

// Whether the archive is an HWPX document.
bool is_hwpx(ZipArchive& archive);

Result<ReadDocument> read_hwpx(ZipArchive& archive, const std::string& where, const ReadOptions& options);

}  // namespace hanok
