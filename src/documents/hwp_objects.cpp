// The objects in an HWP 5 paragraph: tables, drawings with text, notes, headers, equations, numbers.
#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "documents/bytes.h"
#include "documents/flow.h"
#include "documents/hwp_body.h"
#include "documents/hwp_control.h"
#include "documents/limits.h"

namespace hanok {

namespace {

constexpr size_t kCellAt = 8;  // of the cell's properties in its list header

// Of a caption, by its list header.
bool is_above(std::string_view list_header) {
  return (read_u32(list_header, 8) & 3) == 2;
}

void append_counted(std::string_view data, size_t& at, std::string& out) {
  out += cleaned_text(read_counted_utf16(data, at));
  at += 2 + size_t{2} * read_u16(data, at);
}

}  // namespace

void HwpBody::read_section_definition(std::string_view data) {
  if (read_u32(data, 0) == hwp_control("secd")) outline_id_ = read_u16(data, 18);
  if (read_u32(data, 0) == hwp_control("cold")) pages.set_columns((read_u16(data, 4) >> 2) & 0xFF);
}

Status HwpBody::read_control(const Control& control, ParagraphText& out, const List& list) {
  const std::string_view data = records_->data(control.idx);
  switch (control.id) {
    case hwp_control("tbl "):
      return read_table(control, out, list);
    case hwp_control("gso "):
      return read_drawing(control, out, list);
    case hwp_control("fn  "):
    case hwp_control("en  "):
      return read_note(control, out, list);
    case hwp_control("head"):
    case hwp_control("foot"):
      return read_header(control, out, list);
    case hwp_control("atno"):
      read_auto_number(data, out);
      return {};
    case hwp_control("tcmt"):
      ++n_hidden_comments;
      return {};
    case hwp_control("tcps"): {
      size_t at = 4;
      append_counted(data, at, out.text);
      return {};
    }
    case hwp_control("tdut"): {
      std::string above;
      size_t at = 4;
      append_counted(data, at, out.text);
      append_counted(data, at, above);
      if (!above.empty()) out.text += "(" + above + ")";
      return {};
    }
    case hwp_control("eqed"):
      for (size_t i = control.idx + 1; i < control.end; ++i)
        if ((*records_)[i].tag == kHwpEqEdit) out.add_equation(cleaned_text(read_counted_utf16(records_->data(i), 4)));
      return {};
    default:
      return {};
  }
}

// Numbers of figures, tables and equations, which captions begin with; those of pages and notes say nothing here.
void HwpBody::read_auto_number(std::string_view data, ParagraphText& out) const {
  const uint32_t attributes = read_u32(data, 4);
  const uint32_t kind = attributes & 0xF, format = (attributes >> 4) & 0xFF;
  if (kind < 3) return;
  const bool is_known = format <= static_cast<uint32_t>(NumberFormat::kCircledHanjaNumber);
  out.text += format_number(read_u16(data, 8), is_known ? static_cast<NumberFormat>(format) : NumberFormat::kDigit);
}

Status HwpBody::read_table(const Control& control, ParagraphText& out, const List& list) {
  const HwpRecords& records = *records_;
  DocumentBlock block;
  block.kind = BlockKind::kTable;
  std::vector<DocumentBlock> caption;
  std::map<uint32_t, int> row_splits;
  bool is_in_table = false, is_caption_above = false;
  for (size_t i = control.idx + 1; i < control.end;) {
    if (records[i].tag == kHwpTable) {
      const std::string_view data = records.data(i++);
      is_in_table = true;
      block.table.n_rows = read_u16(data, 4);
      block.table.n_columns = read_u16(data, 6);
      continue;
    }
    if (records[i].tag != kHwpListHeader) {
      ++i;
      continue;
    }
    if (is_in_table) {
      HANOK_RETURN_IF_ERROR(read_cell(i, control.end, list, block.table, row_splits, i));
    } else {
      is_caption_above = is_above(records.data(i));
      List inner{caption, list.depth + 1, false, nullptr};
      HANOK_RETURN_IF_ERROR(read_list(i + 1, control.end, inner, i));
    }
  }
  HANOK_RETURN_IF_ERROR(settle_table(block.table, where_));
  if (list.is_body)
    for (const auto& [row, n_splits] : row_splits) table_splits_ += n_splits;
  out.add_captioned(std::move(block), text_of_blocks(std::move(caption)), is_caption_above);
  return {};
}

Status HwpBody::read_cell(size_t idx, size_t end, const List& list, DocumentTable& table,
                          std::map<uint32_t, int>& row_splits, size_t& next) {
  const std::string_view data = records_->data(idx);
  TableCell cell;
  cell.column = read_u16(data, kCellAt);
  cell.row = read_u16(data, kCellAt + 2);
  cell.column_span = read_u16(data, kCellAt + 4);
  cell.row_span = read_u16(data, kCellAt + 6);
  std::vector<LineSegment> lines;
  List inner{cell.blocks, list.depth + 1, false, &lines};
  HANOK_RETURN_IF_ERROR(read_list(idx + 1, end, inner, next));
  row_splits[cell.row] = std::max(row_splits[cell.row], count_resets(lines));
  table.cells.push_back(std::move(cell));
  return {};
}

// Every list below a drawing is text of a box, but for that right below its header: the caption.
Status HwpBody::read_drawing(const Control& control, ParagraphText& out, const List& list) {
  const HwpRecords& records = *records_;
  std::vector<DocumentBlock> caption;
  std::vector<DocumentBlock> boxes;
  bool is_caption_above = false;
  for (size_t i = control.idx + 1; i < control.end;) {
    if (records[i].tag != kHwpListHeader) {
      ++i;
      continue;
    }
    const bool is_caption = records[i].level == records[control.idx].level + 1;
    if (is_caption) is_caption_above = is_above(records.data(i));
    List inner{is_caption ? caption : boxes, list.depth + 1, false, nullptr};
    HANOK_RETURN_IF_ERROR(read_list(i + 1, control.end, inner, i));
  }
  std::erase_if(boxes, [](const DocumentBlock& b) { return b.kind != BlockKind::kTable && trim(b.text).empty(); });
  out.add_captioned(std::move(boxes), text_of_blocks(std::move(caption)), is_caption_above);
  return {};
}

Result<std::vector<DocumentBlock>> HwpBody::blocks_of_control(const Control& control, const List& list) {
  std::vector<DocumentBlock> out;
  for (size_t i = control.idx + 1; i < control.end;) {
    if ((*records_)[i].tag != kHwpListHeader) {
      ++i;
      continue;
    }
    List inner{out, list.depth + 1, false, nullptr};
    HANOK_RETURN_IF_ERROR(read_list(i + 1, control.end, inner, i));
  }
  return out;
}

Status HwpBody::read_note(const Control& control, ParagraphText& out, const List& list) {
  const bool is_endnote = control.id == hwp_control("en  ");
  const std::string label = is_endnote ? fmt::format("e{}", ++n_endnotes_) : fmt::format("{}", ++n_footnotes_);
  out.call_note(label);
  HANOK_TRY(std::vector<DocumentBlock> blocks_of_note, blocks_of_control(control, list));
  DocumentBlock note;
  note.kind = BlockKind::kNote;
  note.label = label;
  note.text = text_of_blocks(std::move(blocks_of_note));
  pending_notes_.push_back(std::move(note));
  return {};
}

Status HwpBody::read_header(const Control& control, ParagraphText& out, const List& list) {
  HANOK_TRY(std::vector<DocumentBlock> inside, blocks_of_control(control, list));
  DocumentBlock block;
  block.kind = control.id == hwp_control("head") ? BlockKind::kHeader : BlockKind::kFooter;
  block.text = text_of_blocks(std::move(inside));
  if (block.text.empty()) return {};
  if (block.kind == BlockKind::kHeader) {
    out.add_header(std::move(block));
  } else {
    pending_footers_.push_back(std::move(block));
  }
  return {};
}

}  // namespace hanok
