// Cuts a document into the passages that a search returns: along headings, paragraphs and table rows.
#pragma once

#include <cstddef>
#include <vector>

#include "documents/document.h"
#include "search/segment_builder.h"

namespace hanok {

// In characters. docs/search-quality.md shows what other sizes give.
struct ChunkOptions {
  size_t enough = 300;        // a passage of so many ends with its paragraph
  size_t most = 600;          // none is longer but for the white space between its parts
  size_t most_overlap = 150;  // a passage that ends inside a paragraph and the next share a sentence of at most so many
  size_t least_section = 150;  // a heading ends a passage of so many
};

// Passages in reading order, each with the first and the last of its pages; slides and sheets end passages. Each is a
// range of document.text without white space at its ends. What has no letter and no digit is left out. `document` is
// laid out.
std::vector<NewChunk> chunk_document(const ReadDocument& document, const ChunkOptions& options = {});

}  // namespace hanok
