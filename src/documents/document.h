// What a reader makes of a file: blocks of text and tables in reading order, each with its page and its place in the
// document's plain text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hanok {

// How sure a page number is. Exact: the saved layout or the format itself tells. Approximate: counted from sections and
// explicit breaks. None: the format has no pages.
enum class PageCertainty { kNone, kExact, kApproximate };

// How blocks lie on pages: flowing from one to the next; each within its own; or pages are slides or sheets, each a
// whole of its own.
enum class PageFlow { kFlows, kWithin, kWholes };

struct BlockPage {
  int number = 0;  // from 1; 0 when there is none
  PageCertainty certainty = PageCertainty::kNone;
};

struct TextRange {
  size_t begin = 0;  // in bytes of ReadDocument::text
  size_t end = 0;
};

enum class BlockKind { kHeading, kParagraph, kTable, kCaption, kNote, kEquation, kHeader, kFooter };

// Something that hangs on a part of a block's text.
struct TextMark {
  enum class Kind { kLink, kNote };
  Kind kind = Kind::kLink;
  size_t begin = 0;  // in bytes of DocumentBlock::text; begin == end where a note is called
  size_t end = 0;
  std::string target;  // the link's address, the note's label
};

struct DocumentBlock;

struct TableCell {
  uint32_t row = 0;  // of the upper left corner, from 0
  uint32_t column = 0;
  uint32_t row_span = 1;
  uint32_t column_span = 1;
  std::vector<DocumentBlock> blocks;  // tables may nest
};

struct DocumentTable {
  uint32_t n_rows = 0;
  uint32_t n_columns = 0;
  std::vector<TableCell> cells;  // by row, then column
};

struct DocumentBlock {
  BlockKind kind = BlockKind::kParagraph;
  int level = 0;      // of a heading, from 1
  std::string label;  // of a note
  std::string text;   // valid UTF-8; empty for tables
  std::vector<TextMark> marks;
  DocumentTable table;
  BlockPage page;
  TextRange range;
};

struct DocumentMetadata {
  std::string title, subject, author, keywords;
  std::string created, modified;  // ISO 8601 in UTC; empty when unknown
};

struct ReadDocument {
  std::string format;  // "hwp5", "hwpx", "pdf", …
  DocumentMetadata metadata;
  std::vector<DocumentBlock> blocks;
  std::vector<std::string> warnings;  // in the user's language
  int n_pages = 0;                    // 0 when the format has none
  PageFlow page_flow = PageFlow::kFlows;
  std::string text;  // set by lay_out
};

// Writes the plain text of all blocks into document.text and sets every range, those of blocks in cells too. Blocks are
// parted by a blank line, rows by line feeds, cells by tabs; a cell's own line breaks become spaces.
void lay_out(ReadDocument& document);

// The text of a cell on one line, nested tables flattened.
std::string cell_text(const TableCell& cell);

}  // namespace hanok
