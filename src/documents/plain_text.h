// Plain text, Markdown and CSV as documents.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/document.h"

namespace hanok {

// Blank lines part paragraphs.
ReadDocument read_plain_text(std::string_view text);
// The same, with headings ("#"), and pipe tables as tables.
ReadDocument read_markdown(std::string_view text);
// One table; fields are parted by what parts most of them in the first line (comma, tab, semicolon), quoted as in
// RFC 4180. Error: kLimit for too many cells.
Result<ReadDocument> read_csv(std::string_view text, const std::string& where);

}  // namespace hanok
