#include "documents/document.h"

#include <algorithm>

namespace hanok {
namespace {

void append_block(std::string& out, DocumentBlock& block, bool on_one_line);

void append_on_one_line(std::string& out, const std::string& text) {
  const size_t begin = out.size();
  out += text;
  for (size_t i = begin; i < out.size(); ++i)
    if (out[i] == '\n' || out[i] == '\t' || out[i] == '\r') out[i] = ' ';
}

void append_cell(std::string& out, TableCell& cell) {
  for (DocumentBlock& block : cell.blocks) {
    const size_t before = out.size();
    const bool follows_text =
        before > 0 && out[before - 1] != '\t' && out[before - 1] != '\n' && out[before - 1] != ' ';
    if (follows_text && &block != &cell.blocks.front()) out += ' ';
    append_block(out, block, true);
  }
}

void append_table(std::string& out, DocumentTable& table, bool on_one_line) {
  for (size_t i = 0; i < table.cells.size(); ++i) {
    TableCell& cell = table.cells[i];
    if (i > 0) out += on_one_line ? ' ' : table.cells[i - 1].row == cell.row ? '\t' : '\n';
    append_cell(out, cell);
  }
}

void append_block(std::string& out, DocumentBlock& block, bool on_one_line) {
  block.range.begin = out.size();
  if (block.kind == BlockKind::kTable) {
    append_table(out, block.table, on_one_line);
  } else if (on_one_line) {
    append_on_one_line(out, block.text);
  } else {
    out += block.text;
  }
  block.range.end = out.size();
}

}  // namespace

void lay_out(ReadDocument& document) {
  document.text.clear();
  for (DocumentBlock& block : document.blocks) {
    if (!document.text.empty()) document.text += "\n\n";
    append_block(document.text, block, false);
  }
  if (!document.text.empty()) document.text += '\n';
}

std::string cell_text(const TableCell& cell) {
  TableCell copy = cell;
  std::string out;
  append_cell(out, copy);
  return out;
}

}  // namespace hanok
