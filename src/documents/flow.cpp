#include "documents/flow.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/limits.h"

namespace hanok {

void ParagraphText::begin_link(std::string target) {
  open_links_.push_back(marks.size());
  marks.push_back({TextMark::Kind::kLink, text.size(), text.size(), std::move(target)});
}

void ParagraphText::end_link() {
  if (open_links_.empty()) return;
  marks[open_links_.back()].end = text.size();
  open_links_.pop_back();
}

void ParagraphText::call_note(const std::string& label) {
  marks.push_back({TextMark::Kind::kNote, text.size(), text.size(), label});
}

void ParagraphText::add_equation(const std::string& script) {
  text += script;
  equation_ = script;
  ++n_equations_;
}

void ParagraphText::add_captioned(std::vector<DocumentBlock> blocks, std::string caption, bool is_above) {
  if (!caption.empty()) {
    DocumentBlock block;
    block.kind = BlockKind::kCaption;
    block.text = std::move(caption);
    blocks.insert(is_above ? blocks.begin() : blocks.end(), std::move(block));
  }
  std::move(blocks.begin(), blocks.end(), std::back_inserter(after_));
}

void ParagraphText::add_captioned(DocumentBlock block, std::string caption, bool is_above) {
  std::vector<DocumentBlock> blocks;
  blocks.push_back(std::move(block));
  add_captioned(std::move(blocks), std::move(caption), is_above);
}

bool ParagraphText::trimmed_is_empty() const {
  return trim(text).empty();
}

void ParagraphText::finish(DocumentBlock block, bool keeps_empty, std::vector<DocumentBlock>& out) {
  for (const size_t idx : open_links_) marks[idx].end = text.size();
  const bool has_objects = !before_.empty() || !after_.empty();
  for (DocumentBlock& object : before_)
    object.page.number = object.page.number > 0 ? object.page.number : block.page.number;
  std::move(before_.begin(), before_.end(), std::back_inserter(out));
  if (!trimmed_is_empty() || (keeps_empty && !has_objects)) {
    block.text = block.text + text;
    const size_t n_before = block.text.size() - text.size();
    for (TextMark& mark : marks) {
      mark.begin += n_before;
      mark.end += n_before;
    }
    block.marks = std::move(marks);
    while (!block.text.empty() && (block.text.back() == '\n' || block.text.back() == ' ')) block.text.pop_back();
    for (TextMark& mark : block.marks) {
      mark.end = std::min(mark.end, block.text.size());
      mark.begin = std::min(mark.begin, mark.end);
    }
    out.push_back(std::move(block));
  }
  std::move(after_.begin(), after_.end(), std::back_inserter(out));
}

Status settle_table(DocumentTable& table, const std::string& where) {
  if (table.cells.size() > kMaxTableCells) {
    return fail(ErrorKind::kLimit, in_language("표의 칸이 너무 많습니다", "a table has too many cells"), where,
                fmt::format(fmt::runtime(in_language("최대 {}", "at most {}")), kMaxTableCells),
                fmt::format("{}", table.cells.size()));
  }
  for (TableCell& cell : table.cells) {
    cell.row = std::min(cell.row, kMaxTableSide);
    cell.column = std::min(cell.column, kMaxTableSide);
    cell.row_span = std::clamp(cell.row_span, 1u, kMaxTableSide);
    cell.column_span = std::clamp(cell.column_span, 1u, kMaxTableSide);
    table.n_rows = std::max(table.n_rows, cell.row + 1);
    table.n_columns = std::max(table.n_columns, cell.column + 1);
  }
  for (TableCell& cell : table.cells) {
    cell.row_span = std::min(cell.row_span, table.n_rows - cell.row);
    cell.column_span = std::min(cell.column_span, table.n_columns - cell.column);
  }
  std::stable_sort(table.cells.begin(), table.cells.end(), [](const TableCell& a, const TableCell& b) {
    return a.row != b.row ? a.row < b.row : a.column < b.column;
  });
  return {};
}

std::string text_of_blocks(std::vector<DocumentBlock> blocks) {
  ReadDocument document;
  std::string out;
  for (DocumentBlock& block : blocks) {
    document.blocks.clear();
    document.blocks.push_back(std::move(block));
    lay_out(document);
    const std::string_view text = trim(document.text);
    if (!out.empty() && !text.empty()) out += '\n';
    out += text;
  }
  return out;
}

tl::unexpected<Error> too_deep(const std::string& where) {
  return fail(ErrorKind::kLimit, in_language("내용이 너무 깊이 겹칩니다", "the content is nested too deeply"), where,
              fmt::format(fmt::runtime(in_language("최대 {}겹", "at most {} levels")), kMaxNesting), "",
              in_language("믿을 수 없는 파일입니다", "do not trust this file"));
}

tl::unexpected<Error> too_many_blocks(const std::string& where) {
  return fail(ErrorKind::kLimit, in_language("문단이 너무 많습니다", "there are too many paragraphs"), where,
              fmt::format(fmt::runtime(in_language("최대 {}", "at most {}")), kMaxBlocks));
}

}  // namespace hanok
