// HWP 3.0 documents (1996 to 2002): one binary stream. The text, tables by the places of their cells, notes, headers
// and captions; how HWP 3.0 lays out and draws is not read.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/document.h"

namespace hanok {

bool is_hwp3(std::string_view bytes);

// The format keeps no pages that could be trusted. Errors: kPassword for documents with one, which cannot be read yet;
// kCorruptFile; kLimit.
Result<ReadDocument> read_hwp3(std::string_view bytes, const std::string& where);

}  // namespace hanok
