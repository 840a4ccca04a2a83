// HWP 3.0 documents (1996 to 2002): one binary stream. The text, tables by the places of their cells, notes, headers
// and captions; how HWP 3.0 lays out and draws is not read.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/document.h"
#include "documents/reader.h"

namespace hanok {

bool is_hwp3(std::string_view bytes);

// The format keeps no pages that could be trusted. Errors: kPassword when one is needed or wrong; kUnsupported for a
// password on a body that is not packed, of which no document is known; kCorruptFile; kLimit.
Result<ReadDocument> read_hwp3(std::string_view bytes, const std::string& where, const ReadOptions& options);

}  // namespace hanok
