#include "documents/hwp3_body.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/hwp3_drawing.h"
#include "documents/johab.h"
#include "documents/limits.h"

namespace hanok {
namespace {

constexpr size_t kFontBytes = 40, kStyleBytes = 20 + 31 + 187, kLanguages = 7;
constexpr size_t kShapeBytes = 187, kLineBytes = 14, kCharacterShapeBytes = 31;
constexpr size_t kUnitsOfLargeControl = 4;  // of the paragraph's count, whatever follows
constexpr uint16_t kParagraphEnd = 13;

// Controls that only have bytes behind their code: how many. The others have a header of 8 bytes and content.
size_t small_control_bytes(uint16_t code) {
  switch (code) {
    case 9:
    case 18:
    case 19:
    case 20:
    case 21:
      return 6;
    case 22:
      return 22;
    case 23:
      return 8;
    case 24:
    case 25:
      return 4;
    case 26:
      return 244;
    case 28:
      return 62;
    case 30:
    case 31:
      return 2;
    default:
      return 0;
  }
}

// A cell's place in the table, in the format's units.
struct CellBox {
  uint32_t left = 0, top = 0, right = 0, bottom = 0;
};

CellBox cell_box(std::string_view info) {
  constexpr size_t kLeft = 4, kTop = 6, kWidth = 8, kHeight = 10;
  const uint32_t left = read_u16(info, kLeft), top = read_u16(info, kTop);
  return {left, top, left + read_u16(info, kWidth), top + read_u16(info, kHeight)};
}

uint32_t index_of(const std::vector<uint32_t>& edges, uint32_t edge) {
  return static_cast<uint32_t>(std::lower_bound(edges.begin(), edges.end(), edge) - edges.begin());
}

std::vector<uint32_t> edges_of(const std::vector<CellBox>& boxes, uint32_t CellBox::*edge) {
  std::vector<uint32_t> edges;
  for (const CellBox& box : boxes) edges.push_back(box.*edge);
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  return edges;
}

// Rows and columns are where cells begin.
void place_cells(const std::vector<CellBox>& boxes, DocumentTable& table) {
  const std::vector<uint32_t> lefts = edges_of(boxes, &CellBox::left), tops = edges_of(boxes, &CellBox::top);
  for (size_t i = 0; i < boxes.size(); ++i) {
    TableCell& cell = table.cells[i];
    cell.column = index_of(lefts, boxes[i].left);
    cell.row = index_of(tops, boxes[i].top);
    cell.column_span = std::max(1u, index_of(lefts, boxes[i].right) - cell.column);
    cell.row_span = std::max(1u, index_of(tops, boxes[i].bottom) - cell.row);
  }
}

}  // namespace

tl::unexpected<Error> Hwp3Body::broken() const {
  return fail(ErrorKind::kCorruptFile, in_language("본문이 도중에 끊깁니다", "the body breaks off"), where_);
}

Result<std::string_view> Hwp3Body::take(size_t n_bytes) {
  if (n_bytes > rest_.size()) return broken();
  const std::string_view out = rest_.substr(0, n_bytes);
  rest_.remove_prefix(n_bytes);
  return out;
}

Status Hwp3Body::read() {
  for (size_t i = 0; i < kLanguages; ++i) {
    HANOK_TRY(const std::string_view count, take(2));
    HANOK_RETURN_IF_ERROR(take(kFontBytes * read_u16(count, 0)));
  }
  HANOK_TRY(const std::string_view count, take(2));
  HANOK_RETURN_IF_ERROR(take(kStyleBytes * read_u16(count, 0)));
  const Status status = read_list(0, blocks);
  std::move(footers_.begin(), footers_.end(), std::back_inserter(blocks));
  footers_.clear();
  return status;
}

Status Hwp3Body::read_list(size_t depth, std::vector<DocumentBlock>& out) {
  if (depth > kMaxNesting) return too_deep(where_);
  constexpr size_t kHeaderBytes = 43;
  while (true) {
    HANOK_TRY(const std::string_view header, take(kHeaderBytes));
    const uint16_t n_units = read_u16(header, 1), n_lines = read_u16(header, 3);
    if (n_units == 0) return {};  // the list's end
    if (++n_blocks_ > kMaxBlocks) return too_many_blocks(where_);
    const bool follows_last_shape = header[0] != 0, has_character_shapes = header[5] != 0;
    if (!follows_last_shape) HANOK_RETURN_IF_ERROR(take(kShapeBytes));
    HANOK_RETURN_IF_ERROR(take(kLineBytes * n_lines));
    for (uint16_t i = 0; has_character_shapes && i < n_units; ++i) {
      HANOK_TRY(const std::string_view flag, take(1));
      if (flag[0] != 1) HANOK_RETURN_IF_ERROR(take(kCharacterShapeBytes));
    }
    Paragraph paragraph;
    const Status status = read_characters(n_units, depth, paragraph);
    paragraph.text.finish(DocumentBlock{}, depth > 0, out);
    std::move(paragraph.notes.begin(), paragraph.notes.end(), std::back_inserter(out));
    HANOK_RETURN_IF_ERROR(status);
  }
}

Status Hwp3Body::read_characters(uint16_t n_units, size_t depth, Paragraph& out) {
  for (size_t n_read = 0; n_read < n_units;) {
    HANOK_TRY(const std::string_view bytes, take(2));
    const uint16_t code = read_u16(bytes, 0);
    ++n_read;
    if (code == kParagraphEnd || code == 0) continue;
    if (code >= 32) {
      if (!append_hwp3_character(out.text.text, code)) ++n_unknown_characters;
    } else if (const size_t n_bytes = small_control_bytes(code); n_bytes > 0) {
      HANOK_RETURN_IF_ERROR(read_small_control(code, n_bytes, out));
      n_read += n_bytes / 2;
    } else {
      HANOK_RETURN_IF_ERROR(read_control(code, depth, out));
      n_read += kUnitsOfLargeControl - 1;
    }
  }
  return {};
}

Status Hwp3Body::read_small_control(uint16_t code, size_t n_bytes, Paragraph& out) {
  HANOK_TRY(const std::string_view data, take(n_bytes));
  std::string& text = out.text.text;
  if (code == 9) {
    text += '\t';
  } else if (code == 18 && read_u16(data, 0) >= 3) {  // of figures, tables, equations; not of pages and notes
    text += fmt::format("{}", read_u16(data, 2));
  } else if (code == 23) {
    text += hwp3_text(data.substr(0, 6));  // letters printed over each other
  } else if (code == 24) {
    text += '-';
  } else if (code == 28) {
    const size_t n_levels = std::min<size_t>(static_cast<uint8_t>(data[3]) + size_t{1}, 7);
    for (size_t i = 0; i < n_levels; ++i) text += fmt::format("{}.", read_u16(data, 4 + 2 * i));
    text += ' ';
  } else if (code == 30 || code == 31) {
    text += ' ';
  }
  return {};
}

Status Hwp3Body::read_control(uint16_t code, size_t depth, Paragraph& out) {
  HANOK_TRY(const std::string_view header, take(6));
  const uint32_t n_bytes = read_u32(header, 0);
  std::vector<DocumentBlock> hidden;
  switch (code) {
    case 5:
    case 29:
      HANOK_RETURN_IF_ERROR(take(n_bytes));  // fields, cross-references
      return {};
    case 6:
      HANOK_RETURN_IF_ERROR(take(34));  // bookmark
      return {};
    case 7:
      HANOK_RETURN_IF_ERROR(take(76));  // form of a date
      return {};
    case 8:
      HANOK_RETURN_IF_ERROR(take(88));  // date
      return {};
    case 10:
      return read_box(depth, out);
    case 11:
      return read_picture(depth, out);
    case 14:
      HANOK_RETURN_IF_ERROR(take(84));  // line
      return {};
    case 15:
      ++n_hidden_comments;
      HANOK_RETURN_IF_ERROR(take(8));
      return read_list(depth + 1, hidden);
    case 16:
      return read_margin(depth, out);
    case 17:
      return read_note(depth, out);
    default:
      return {};  // reserved
  }
}

// A table, or a box with one cell: of text, of an equation, a button.
Status Hwp3Body::read_box(size_t depth, Paragraph& out) {
  constexpr size_t kInfoBytes = 84, kCellsAt = 80, kCellBytes = 27;
  HANOK_TRY(const std::string_view info, take(kInfoBytes));
  const size_t n_cells = std::max<size_t>(1, read_u16(info, kCellsAt));
  HANOK_TRY(const std::string_view cells, take(kCellBytes * n_cells));
  DocumentBlock block;
  block.kind = BlockKind::kTable;
  std::vector<CellBox> boxes;
  for (size_t i = 0; i < n_cells; ++i) {
    boxes.push_back(cell_box(cells.substr(i * kCellBytes, kCellBytes)));
    block.table.cells.emplace_back();
    HANOK_RETURN_IF_ERROR(read_list(depth + 1, block.table.cells.back().blocks));
  }
  std::vector<DocumentBlock>& objects = out.text.objects();
  if (n_cells == 1) {
    for (DocumentBlock& each : block.table.cells[0].blocks)
      if (each.kind == BlockKind::kTable || !trim(each.text).empty()) objects.push_back(std::move(each));
  } else {
    place_cells(boxes, block.table);
    HANOK_RETURN_IF_ERROR(settle_table(block.table, where_));
    objects.push_back(std::move(block));
  }
  return add_caption(depth, out);
}

Status Hwp3Body::add_caption(size_t depth, Paragraph& out) {
  std::vector<DocumentBlock> lines;
  HANOK_RETURN_IF_ERROR(read_list(depth + 1, lines));
  DocumentBlock caption;
  caption.kind = BlockKind::kCaption;
  caption.text = text_of_blocks(std::move(lines));
  if (!caption.text.empty()) out.text.objects().push_back(std::move(caption));
  return {};
}

Status Hwp3Body::read_picture(size_t depth, Paragraph& out) {
  constexpr size_t kInfoBytes = 348, kKindAt = 74;
  constexpr char kDrawn = 3;
  HANOK_TRY(const std::string_view info, take(kInfoBytes));
  HANOK_TRY(const std::string_view content, take(read_u32(info, 0)));
  if (info[kKindAt] == kDrawn) HANOK_RETURN_IF_ERROR(read_drawing(content, depth, out));
  return add_caption(depth, out);
}

Status Hwp3Body::read_drawing(std::string_view content, size_t depth, Paragraph& out) {
  const Hwp3Drawing drawing = read_hwp3_drawing(content);
  bool is_whole = drawing.is_whole;
  for (const std::string_view text : drawing.texts) {
    const std::string_view outer = std::exchange(rest_, text);
    std::vector<DocumentBlock> inside;
    const Status status = read_list(depth + 1, inside);
    rest_ = outer;
    if (!status && status.error().kind == ErrorKind::kLimit) return status;
    is_whole = is_whole && status;
    for (DocumentBlock& each : inside)
      if (each.kind == BlockKind::kTable || !trim(each.text).empty()) out.text.objects().push_back(std::move(each));
  }
  n_broken_drawings += is_whole ? 0 : 1;
  return {};
}

Status Hwp3Body::read_note(size_t depth, Paragraph& out) {
  constexpr size_t kKindAt = 10;
  HANOK_TRY(const std::string_view info, take(14));
  DocumentBlock note;
  note.kind = BlockKind::kNote;
  note.label = read_u16(info, kKindAt) == 0 ? fmt::format("{}", ++n_footnotes_) : fmt::format("e{}", ++n_endnotes_);
  out.text.call_note(note.label);
  std::vector<DocumentBlock> lines;
  HANOK_RETURN_IF_ERROR(read_list(depth + 1, lines));
  note.text = text_of_blocks(std::move(lines));
  out.notes.push_back(std::move(note));
  return {};
}

Status Hwp3Body::read_margin(size_t depth, Paragraph& out) {
  constexpr size_t kKindAt = 8;
  HANOK_TRY(const std::string_view info, take(10));
  DocumentBlock margin;
  margin.kind = info[kKindAt] == 0 ? BlockKind::kHeader : BlockKind::kFooter;
  std::vector<DocumentBlock> lines;
  HANOK_RETURN_IF_ERROR(read_list(depth + 1, lines));
  margin.text = text_of_blocks(std::move(lines));
  if (margin.text.empty()) return {};
  if (margin.kind == BlockKind::kHeader)
    out.text.add_header(std::move(margin));
  else
    footers_.push_back(std::move(margin));
  return {};
}

}  // namespace hanok
