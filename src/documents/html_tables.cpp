// Tables and notes of HTML.
#include <algorithm>
#include <charconv>
#include <iterator>

#include "documents/bytes.h"
#include "documents/html_reader.h"
#include "documents/limits.h"

namespace hanok {

uint32_t html_number(std::string_view text, uint32_t otherwise) {
  uint32_t value = 0;
  text = trim(text);
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{} ? value : otherwise;
}

Status HtmlReader::begin_table_part(const HtmlToken& tag) {
  if (tag.name == "table") {
    HANOK_RETURN_IF_ERROR(finish_paragraph());
    if (tables_.size() >= kMaxNesting) {
      ++n_ignored_tables_;
      return {};
    }
    tables_.emplace_back();
    tables_.back().is_layout = tag.attribute("role") == "presentation" || tag.attribute("role") == "none";
    return {};
  }
  if (tables_.empty() || n_ignored_tables_ > 0) return finish_paragraph();
  if (tag.name == "td" || tag.name == "th") return begin_cell(tag);
  HANOK_RETURN_IF_ERROR(end_cell());
  HANOK_RETURN_IF_ERROR(finish_paragraph());
  if (tag.name == "caption")
    begin_kind(BlockKind::kCaption, 0);
  else
    tables_.back().grid.begin_row();
  return {};
}

Status HtmlReader::begin_cell(const HtmlToken& tag) {
  HANOK_RETURN_IF_ERROR(end_cell());
  HANOK_RETURN_IF_ERROR(finish_paragraph());
  begin_kind(BlockKind::kParagraph, 0);
  OpenTable& table = tables_.back();
  if (table.grid.table().cells.size() > kMaxTableCells) return settle_table(table.grid.table(), where_);
  table.cell =
      table.grid.begin_cell(html_number(tag.attribute("rowspan"), 1), html_number(tag.attribute("colspan"), 1));
  frames_.emplace_back();
  return {};
}

Status HtmlReader::end_cell() {
  if (tables_.empty() || n_ignored_tables_ > 0 || !tables_.back().cell) return finish_paragraph();
  HANOK_RETURN_IF_ERROR(finish_paragraph());
  while (!notes_.empty() && notes_.back().first + 1 == frames_.size()) HANOK_RETURN_IF_ERROR(end_note());
  TableCell cell = *std::exchange(tables_.back().cell, std::nullopt);
  cell.blocks = std::move(frame().blocks);
  frames_.pop_back();
  tables_.back().grid.add(std::move(cell));
  return {};
}

Status HtmlReader::end_table() {
  HANOK_RETURN_IF_ERROR(end_cell());
  if (tables_.empty()) return {};
  OpenTable open = std::move(tables_.back());
  tables_.pop_back();
  begin_kind(BlockKind::kParagraph, 0);
  DocumentTable& table = open.grid.table();
  HANOK_RETURN_IF_ERROR(settle_table(table, where_));
  if (open.is_layout || table.cells.size() == 1) {
    for (TableCell& cell : table.cells)
      std::move(cell.blocks.begin(), cell.blocks.end(), std::back_inserter(frame().blocks));
    return {};
  }
  if (table.cells.empty()) return {};
  DocumentBlock block;
  block.kind = BlockKind::kTable;
  block.table = std::move(table);
  frame().blocks.push_back(std::move(block));
  return {};
}

// EPUB's notes.
void HtmlReader::begin_note(const HtmlToken& tag) {
  const std::string_view type = tag.attribute("epub:type");
  const bool is_note = type == "footnote" || type == "endnote" || type == "rearnote";
  if (!is_note || notes_.size() >= kMaxNesting) return;
  frames_.emplace_back();
  notes_.emplace_back(frames_.size() - 1, cleaned_text(tag.attribute("id")));
}

Status HtmlReader::end_note() {
  if (notes_.empty() || notes_.back().first + 1 != frames_.size()) return {};
  HANOK_RETURN_IF_ERROR(finish_paragraph());
  DocumentBlock note;
  note.kind = BlockKind::kNote;
  note.label = std::move(notes_.back().second);
  note.text = text_of_blocks(std::move(frame().blocks));
  notes_.pop_back();
  frames_.pop_back();
  if (!note.text.empty()) frame().blocks.push_back(std::move(note));
  return {};
}

}  // namespace hanok
