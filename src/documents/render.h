// A document as plain text, Markdown or JSON.
#pragma once

#include <string>

#include "documents/document.h"

namespace hanok {

// GitHub's Markdown. A table without merged cells and nested tables becomes a pipe table, any other HTML.
std::string render_markdown(const ReadDocument& document);

// {format, title, …, n_pages, warnings, text, blocks: [{kind, page, page_is, begin, end, text | table, …}]}; begin and
// end count characters (code points) of "text".
std::string render_json(const ReadDocument& document);

}  // namespace hanok
