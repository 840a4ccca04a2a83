// EPUB books: their pages of XHTML in the order of the book.
#pragma once

#include <string>

#include "base/result.h"
#include "documents/document.h"
#include "documents/zip_archive.h"

namespace hanok {

bool is_epub(ZipArchive& archive);

// The format keeps no pages. Error: kProtected for books whose text is encrypted.
Result<ReadDocument> read_epub(ZipArchive& archive, const std::string& where);

}  // namespace hanok
