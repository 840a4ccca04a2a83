// HTML as a document: what a reader sees of it, without a tree of it in memory.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/document.h"

namespace hanok {

// Headings, paragraphs, items of lists with their marks, tables with merged and nested cells, captions, links, notes
// (of EPUB). Tables that only place things, of one cell or so marked, are not tables here. `html` is valid UTF-8. The
// document is not laid out. Error: kLimit.
Result<ReadDocument> read_html_text(std::string_view html, const std::string& where);

// The same for a page's bytes, laid out.
Result<ReadDocument> read_html(std::string_view bytes, const std::string& where);

}  // namespace hanok
