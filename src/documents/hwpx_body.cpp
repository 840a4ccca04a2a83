#include "documents/hwpx_body.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "documents/bytes.h"
#include "documents/limits.h"
#include "documents/xml.h"

namespace hanok {
namespace {

uint32_t count_attribute(const pugi::xml_node& node, std::string_view name, int64_t otherwise) {
  return static_cast<uint32_t>(std::clamp<int64_t>(number_attribute(node, name, otherwise), 0, kMaxTableSide));
}

std::vector<LineSegment> read_lines(const pugi::xml_node& paragraph) {
  std::vector<LineSegment> lines;
  for (const pugi::xml_node& line : child_named(paragraph, "linesegarray").children()) {
    if (local_name(line) != "lineseg") continue;
    lines.push_back({static_cast<int32_t>(number_attribute(line, "vertpos")),
                     static_cast<int32_t>(number_attribute(line, "horzpos"))});
  }
  return lines;
}

bool has_caption_above(const pugi::xml_node& object) {
  return attribute(child_named(object, "caption"), "side") == "TOP";
}

std::string link_of(const pugi::xml_node& field) {
  std::string command;
  for (const pugi::xml_node& parameter : child_named(field, "parameters").children()) {
    const std::string_view name = attribute(parameter, "name");
    if (name == "Path") return cleaned_text(inner_text(parameter));
    if (name == "Command") command = inner_text(parameter);
  }
  return cleaned_text(command.substr(0, command.find(';')));
}

}  // namespace

Status HwpxBody::read_section(const pugi::xml_document& xml, const std::string& where) {
  where_ = where;
  pages.begin_section();
  List body{blocks, 0, true, nullptr};
  HANOK_RETURN_IF_ERROR(read_list(xml.document_element(), body));
  std::move(pending_footers_.begin(), pending_footers_.end(), std::back_inserter(blocks));
  pending_footers_.clear();
  return {};
}

Status HwpxBody::read_list(const pugi::xml_node& parent, List& list) {
  if (list.depth > kMaxNesting) return too_deep(where_);
  for (const pugi::xml_node& child : parent.children())
    if (local_name(child) == "p") HANOK_RETURN_IF_ERROR(read_paragraph(child, list));
  return {};
}

DocumentBlock HwpxBody::start_block(const pugi::xml_node& node, const List& list) {
  DocumentBlock block;
  const auto shape_of = header_.para_shapes.find(number_attribute(node, "paraPrIDRef"));
  const HwpParaShape shape = shape_of == header_.para_shapes.end() ? HwpParaShape{} : shape_of->second;
  if (shape.head == ParagraphHead::kBullet) {
    if (const auto found = header_.bullets.find(shape.numbering_id); found != header_.bullets.end())
      block.text = found->second;
  } else if (shape.head != ParagraphHead::kNone) {
    const int64_t id = shape.head == ParagraphHead::kOutline ? outline_id_ : shape.numbering_id;
    if (const auto found = header_.numberings.find(id); found != header_.numberings.end())
      block.text = numbers_.next(static_cast<uint32_t>(id), found->second, shape.level);
  }
  if (!block.text.empty()) block.text += ' ';
  if (list.depth > 0) return block;
  const auto style = header_.style_names.find(number_attribute(node, "styleIDRef"));
  block.level = shape.head == ParagraphHead::kOutline ? shape.level + 1
                : style == header_.style_names.end()  ? 0
                                                      : outline_level_of_style(style->second);
  if (block.level > 0) block.kind = BlockKind::kHeading;
  return block;
}

Status HwpxBody::read_paragraph(const pugi::xml_node& node, List& list) {
  if (++n_blocks_ > kMaxBlocks) return too_many_blocks(where_);
  for (const pugi::xml_node& run : node.children()) {
    if (const pugi::xml_node section = child_named(run, "secPr"))
      outline_id_ = number_attribute(section, "outlineShapeIDRef");
    for (const pugi::xml_node& control : run.children())
      if (const pugi::xml_node columns = child_named(control, "colPr"))
        pages.set_columns(static_cast<int>(std::clamp<int64_t>(number_attribute(columns, "colCount", 1), 1, 255)));
  }
  const std::vector<LineSegment> lines = read_lines(node);
  if (list.lines != nullptr) list.lines->insert(list.lines->end(), lines.begin(), lines.end());
  DocumentBlock block = start_block(node, list);
  if (list.is_body) {
    table_splits_ = 0;
    block.page.number = pages.begin_paragraph(lines, attribute(node, "pageBreak") == "1");
  }
  ParagraphText text;
  Run state;
  for (const pugi::xml_node& run : node.children())
    if (local_name(run) == "run") HANOK_RETURN_IF_ERROR(read_run(run, state, text, list));
  if (block.kind == BlockKind::kParagraph && block.text.empty() && text.is_equation_alone())
    block.kind = BlockKind::kEquation;
  text.finish(std::move(block), list.depth > 0, list.out);
  if (!list.is_body) return {};
  pages.add_split(table_splits_);
  std::move(pending_notes_.begin(), pending_notes_.end(), std::back_inserter(list.out));
  pending_notes_.clear();
  return {};
}

Status HwpxBody::read_run(const pugi::xml_node& run, Run& state, ParagraphText& out, const List& list) {
  for (const pugi::xml_node& child : run.children()) {
    const std::string_view name = local_name(child);
    if (name == "t") {
      read_text(child, state, out);
    } else if (name == "ctrl") {
      for (const pugi::xml_node& control : child.children())
        HANOK_RETURN_IF_ERROR(read_control(control, state, out, list));
    } else if (state.n_deleting == 0) {
      HANOK_RETURN_IF_ERROR(read_object(child, out, list));
    }
  }
  return {};
}

void HwpxBody::read_text(const pugi::xml_node& text, Run& state, ParagraphText& out) {
  for (const pugi::xml_node& part : text.children()) {
    const std::string_view name = local_name(part);
    if (name == "deleteBegin") {
      ++state.n_deleting;
      ++n_deleted_parts;
    } else if (name == "deleteEnd") {
      state.n_deleting = std::max(0, state.n_deleting - 1);
    }
    if (state.n_deleting > 0) continue;
    if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) {
      for (const char c : cleaned_text(part.value())) out.text += c == '\n' ? ' ' : c;
    } else if (name == "tab") {
      out.text += '\t';
    } else if (name == "lineBreak") {
      out.text += '\n';
    } else if (name == "nbSpace") {
      out.text += "\xC2\xA0";
    } else if (name == "fwSpace") {
      out.text += ' ';
    } else if (name == "hyphen") {
      out.text += '-';
    }
  }
}

Status HwpxBody::begin_field(const pugi::xml_node& field, Run& state, ParagraphText& out, const List& list) {
  state.fields.emplace_back(attribute(field, "type"));
  if (state.fields.back() == "HYPERLINK") out.begin_link(link_of(field));
  if (state.fields.back() != "MEMO") return {};
  DocumentBlock memo;
  memo.kind = BlockKind::kNote;
  memo.label = fmt::format("m{}", ++n_memos_);
  HANOK_TRY(memo.text, text_below(field, list.depth));
  if (memo.text.empty()) return {};
  out.call_note(memo.label);
  pending_notes_.push_back(std::move(memo));
  return {};
}

Status HwpxBody::read_control(const pugi::xml_node& control, Run& state, ParagraphText& out, const List& list) {
  const std::string_view name = local_name(control);
  if (name == "fieldBegin") {
    return begin_field(control, state, out, list);
  } else if (name == "fieldEnd" && !state.fields.empty()) {
    if (state.fields.back() == "HYPERLINK") out.end_link();
    state.fields.pop_back();
  } else if (state.n_deleting > 0) {
    return {};
  } else if (name == "footNote" || name == "endNote") {
    DocumentBlock note;
    note.kind = BlockKind::kNote;
    note.label = name == "endNote" ? fmt::format("e{}", ++n_endnotes_) : fmt::format("{}", ++n_footnotes_);
    out.call_note(note.label);
    HANOK_TRY(note.text, text_below(control, list.depth));
    pending_notes_.push_back(std::move(note));
  } else if (name == "header" || name == "footer") {
    DocumentBlock block;
    block.kind = name == "header" ? BlockKind::kHeader : BlockKind::kFooter;
    HANOK_TRY(block.text, text_below(control, list.depth));
    if (block.text.empty()) return {};
    if (block.kind == BlockKind::kHeader) {
      out.add_header(std::move(block));
    } else {
      pending_footers_.push_back(std::move(block));
    }
  } else if (name == "hiddenComment") {
    ++n_hidden_comments;
  } else if (name == "autoNum") {
    const std::string_view type = attribute(control, "numType");
    const bool is_shown = type == "PICTURE" || type == "TABLE" || type == "EQUATION";
    if (is_shown)
      out.text += format_number(count_attribute(control, "num", 1),
                                hwpx_number_format(attribute(child_named(control, "autoNumFormat"), "type")));
  }
  return {};
}

Status HwpxBody::read_object(const pugi::xml_node& object, ParagraphText& out, const List& list) {
  const std::string_view name = local_name(object);
  if (name == "tbl") return read_table(object, out, list);
  if (name == "equation") {
    out.add_equation(cleaned_text(inner_text(child_named(object, "script"))));
    return {};
  }
  if (name == "compose") {
    out.text += cleaned_text(attribute(object, "composeText"));
    return {};
  }
  if (name == "dutmal") {
    const std::string above = cleaned_text(inner_text(child_named(object, "subText")));
    out.text += cleaned_text(inner_text(child_named(object, "mainText")));
    if (!above.empty()) out.text += "(" + above + ")";
    return {};
  }
  if (name == "secPr") return {};
  if (name == "edit") {
    out.text += cleaned_text(inner_text(child_named(object, "text")));
    return {};
  }
  std::vector<DocumentBlock> boxes, captions;
  HANOK_RETURN_IF_ERROR(read_boxes(object, list.depth, boxes, captions));
  std::erase_if(boxes, [](const DocumentBlock& b) { return b.kind != BlockKind::kTable && trim(b.text).empty(); });
  out.add_captioned(std::move(boxes), text_of_blocks(std::move(captions)), has_caption_above(object));
  return {};
}

// The lists in a drawing: below a caption, or text of a box, in groups too.
Status HwpxBody::read_boxes(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& boxes,
                            std::vector<DocumentBlock>& captions) {
  if (depth > kMaxNesting) return too_deep(where_);
  for (const pugi::xml_node& child : node.children()) {
    const std::string_view name = local_name(child);
    if (name == "subList") {
      List inner{local_name(node) == "caption" ? captions : boxes, depth + 1, false, nullptr};
      HANOK_RETURN_IF_ERROR(read_list(child, inner));
    } else {
      HANOK_RETURN_IF_ERROR(read_boxes(child, depth + 1, boxes, captions));
    }
  }
  return {};
}

Result<std::string> HwpxBody::text_below(const pugi::xml_node& node, size_t depth) {
  std::vector<DocumentBlock> inside;
  HANOK_RETURN_IF_ERROR(read_boxes(node, depth, inside, inside));
  return text_of_blocks(std::move(inside));
}

Status HwpxBody::read_table(const pugi::xml_node& node, ParagraphText& out, const List& list) {
  DocumentBlock block;
  block.kind = BlockKind::kTable;
  block.table.n_rows = count_attribute(node, "rowCnt", 0);
  block.table.n_columns = count_attribute(node, "colCnt", 0);
  int n_splits = 0;
  for (const pugi::xml_node& row : node.children()) {
    if (local_name(row) != "tr") continue;
    int row_splits = 0;
    for (const pugi::xml_node& cell : row.children()) {
      int n_resets = 0;
      if (local_name(cell) == "tc") HANOK_RETURN_IF_ERROR(read_cell(cell, list, block.table, n_resets));
      row_splits = std::max(row_splits, n_resets);
    }
    n_splits += row_splits;
  }
  HANOK_RETURN_IF_ERROR(settle_table(block.table, where_));
  if (list.is_body) table_splits_ += n_splits;
  HANOK_TRY(std::string caption, text_below(child_named(node, "caption"), list.depth));
  out.add_captioned(std::move(block), std::move(caption), has_caption_above(node));
  return {};
}

Status HwpxBody::read_cell(const pugi::xml_node& node, const List& list, DocumentTable& table, int& n_resets) {
  TableCell cell;
  const pugi::xml_node place = child_named(node, "cellAddr"), span = child_named(node, "cellSpan");
  cell.column = count_attribute(place, "colAddr", 0);
  cell.row = count_attribute(place, "rowAddr", 0);
  cell.column_span = count_attribute(span, "colSpan", 1);
  cell.row_span = count_attribute(span, "rowSpan", 1);
  std::vector<LineSegment> lines;
  List inner{cell.blocks, list.depth + 1, false, &lines};
  HANOK_RETURN_IF_ERROR(read_list(child_named(node, "subList"), inner));
  n_resets = count_resets(lines);
  table.cells.push_back(std::move(cell));
  return {};
}

}  // namespace hanok
