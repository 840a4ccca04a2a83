// HWPML 2: a document of Hangul as one XML file.
#pragma once

#include <string>

#include "base/result.h"
#include "documents/document.h"

namespace hanok {

// Headings by the styles' names ("개요 1"), tables with merged and nested cells, notes, boxes, captions, equations,
// headers. The layout is not kept, so pages are approximate. Errors: kCorruptFile, kLimit.
Result<ReadDocument> read_hwpml(const std::string& xml, const std::string& where);

}  // namespace hanok
