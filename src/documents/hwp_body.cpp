#include "documents/hwp_body.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "documents/bytes.h"
#include "documents/flow.h"
#include "documents/hwp_control.h"
#include "documents/limits.h"

namespace hanok {
namespace {

constexpr uint8_t kPageBreakBit = 4;
constexpr size_t kLineSegmentBytes = 36;
constexpr size_t kMaxSkippedControls = 16;  // that the text does not name

std::vector<LineSegment> read_lines(std::string_view data) {
  std::vector<LineSegment> lines;
  for (size_t at = 0; at + kLineSegmentBytes <= data.size(); at += kLineSegmentBytes)
    lines.push_back({read_i32(data, at + 4), read_i32(data, at + 24)});
  return lines;
}

}  // namespace

struct HwpBody::Paragraph {
  std::string_view header, text, lines;
  std::vector<Control> controls;
};

Status HwpBody::read_section(const HwpRecords& records, const std::string& where) {
  records_ = &records;
  where_ = where;
  pages.begin_section();
  List body{blocks, 0, true, nullptr};
  const size_t body_end = first_memo();
  for (size_t next = 0; next < body_end;) {
    const size_t begin = next;
    HANOK_RETURN_IF_ERROR(read_list(begin, body_end, body, next));
    if (next == begin) ++next;  // what stands between paragraphs is passed over
  }
  HANOK_RETURN_IF_ERROR(read_memos(body_end));
  std::move(pending_footers_.begin(), pending_footers_.end(), std::back_inserter(blocks));
  pending_footers_.clear();
  return {};
}

// Paragraphs of the first one's level; `next` is the first record behind them.
Status HwpBody::read_list(size_t begin, size_t end, List& list, size_t& next) {
  if (list.depth > kMaxNesting) return too_deep(where_);
  const HwpRecords& records = *records_;
  next = begin;
  while (next < end && records[next].tag == kHwpParaHeader && records[next].level == records[begin].level) {
    const size_t paragraph_end = std::min(records.end_of(next), end);
    HANOK_RETURN_IF_ERROR(read_paragraph(next, paragraph_end, list));
    next = paragraph_end;
  }
  return {};
}

HwpBody::Paragraph HwpBody::collect(size_t idx, size_t end) const {
  const HwpRecords& records = *records_;
  Paragraph paragraph;
  paragraph.header = records.data(idx);
  for (size_t i = idx + 1; i < end; ++i) {
    if (records[i].level != records[idx].level + 1) continue;
    if (records[i].tag == kHwpParaText) paragraph.text = records.data(i);
    if (records[i].tag == kHwpParaLineSeg) paragraph.lines = records.data(i);
    if (records[i].tag == kHwpCtrlHeader)
      paragraph.controls.push_back({i, std::min(records.end_of(i), end), read_u32(records.data(i), 0)});
  }
  return paragraph;
}

DocumentBlock HwpBody::start_block(std::string_view header, const List& list) {
  DocumentBlock block;
  const uint16_t shape_id = read_u16(header, 8);
  const uint8_t style_id = read_le<uint8_t>(header, 10);
  const HwpParaShape shape = shape_id < info_.para_shapes.size() ? info_.para_shapes[shape_id] : HwpParaShape{};
  if (shape.head == ParagraphHead::kBullet && shape.numbering_id >= 1 && shape.numbering_id <= info_.bullets.size()) {
    block.text = info_.bullets[shape.numbering_id - 1];
  } else if (shape.head == ParagraphHead::kOutline || shape.head == ParagraphHead::kNumber) {
    const uint16_t id = shape.head == ParagraphHead::kOutline ? outline_id_ : shape.numbering_id;
    if (id >= 1 && id <= info_.numberings.size()) block.text = numbers_.next(id, info_.numberings[id - 1], shape.level);
  }
  if (!block.text.empty()) block.text += ' ';
  if (list.depth > 0) return block;
  const std::string_view style =
      style_id < info_.style_names.size() ? std::string_view(info_.style_names[style_id]) : std::string_view();
  block.level = shape.head == ParagraphHead::kOutline ? shape.level + 1 : outline_level_of_style(style);
  if (block.level > 0) block.kind = BlockKind::kHeading;
  return block;
}

Status HwpBody::read_paragraph(size_t idx, size_t end, List& list) {
  const Paragraph paragraph = collect(idx, end);
  if (++n_blocks_ > kMaxBlocks) return too_many_blocks(where_);
  for (const Control& control : paragraph.controls) {
    if (control.id == hwp_control("secd") || control.id == hwp_control("cold"))
      read_section_definition(records_->data(control.idx));
  }
  const std::vector<LineSegment> lines = read_lines(paragraph.lines);
  if (list.lines != nullptr) list.lines->insert(list.lines->end(), lines.begin(), lines.end());
  DocumentBlock block = start_block(paragraph.header, list);
  if (list.is_body) {
    table_splits_ = 0;
    const bool breaks_page = (read_le<uint8_t>(paragraph.header, 11) & kPageBreakBit) != 0;
    block.page.number = pages.begin_paragraph(lines, breaks_page);
  }
  ParagraphText text;
  HANOK_RETURN_IF_ERROR(read_text(paragraph, text, list));
  if (block.kind == BlockKind::kParagraph && block.text.empty() && text.is_equation_alone())
    block.kind = BlockKind::kEquation;
  text.finish(std::move(block), list.depth > 0, list.out);
  if (!list.is_body) return {};
  pages.add_split(table_splits_);
  std::move(pending_notes_.begin(), pending_notes_.end(), std::back_inserter(list.out));
  pending_notes_.clear();
  return {};
}

Status HwpBody::read_text(const Paragraph& paragraph, ParagraphText& out, const List& list) {
  size_t next_control = 0;
  std::vector<uint32_t> fields;
  int n_deleting = 0;
  for (const HwpTextUnit& unit : scan_hwp_text(paragraph.text)) {
    if (unit.character != 0) {
      if (n_deleting == 0) append_character(out.text, unit.character);
      continue;
    }
    switch (unit.code) {
      case 4:
        if (fields.empty()) break;
        if (fields.back() == hwp_control("%hlk")) out.end_link();
        if (fields.back() == hwp_control("%%*d")) --n_deleting;
        fields.pop_back();
        break;
      case 9:
        if (n_deleting == 0) out.text += '\t';
        break;
      case 10:
        if (n_deleting == 0) out.text += '\n';
        break;
      case 24:
        if (n_deleting == 0) out.text += '-';
        break;
      case 30:
        if (n_deleting == 0) out.text += "\xC2\xA0";
        break;
      case 31:
        if (n_deleting == 0) out.text += ' ';
        break;
      default:
        break;
    }
    if (!unit.has_records) continue;
    // In order; where the ids differ the control has no records, or one was skipped.
    size_t found = next_control;
    const size_t last = std::min(paragraph.controls.size(), next_control + kMaxSkippedControls);
    while (found < last && paragraph.controls[found].id != unit.control_id) ++found;
    const bool is_found = found < last;
    if (is_found) next_control = found + 1;
    if (unit.code == 3) {
      fields.push_back(unit.control_id);
      if (unit.control_id == hwp_control("%hlk"))
        out.begin_link(is_found ? hyperlink_target(records_->data(paragraph.controls[found].idx)) : std::string());
      if (is_found && (unit.control_id == hwp_control("%unk") || unit.control_id == hwp_control("%%me")))
        call_memo(records_->data(paragraph.controls[found].idx), out);
      if (unit.control_id == hwp_control("%%*d")) {
        ++n_deleting;
        ++n_deleted_parts;
      }
    } else if (is_found && n_deleting == 0) {
      HANOK_RETURN_IF_ERROR(read_control(paragraph.controls[found], out, list));
    }
  }
  return {};
}

}  // namespace hanok
