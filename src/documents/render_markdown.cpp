// The Markdown of a document.
#include <algorithm>

#include <fmt/format.h>

#include "documents/render.h"

namespace hanok {
namespace {

// Whether a pipe table can show it: no spans, no tables inside, and not mostly holes.
bool is_simple(const DocumentTable& table) {
  if (uint64_t{table.n_rows} * table.n_columns > 2 * table.cells.size() + 64) return false;
  for (const TableCell& cell : table.cells) {
    if (cell.row_span != 1 || cell.column_span != 1) return false;
    for (const DocumentBlock& block : cell.blocks)
      if (block.kind == BlockKind::kTable) return false;
  }
  return true;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

// What would be read as Markdown inside a line is written with a backslash.
std::string escape_inline(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_[]<|").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// The same at the beginning of a line: list marks, headings, quotes.
std::string escape_line_start(std::string line) {
  const size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  const bool is_numbered =
      digits > 0 && digits + 1 < line.size() && (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ';
  if (is_numbered) return line;  // a numbered paragraph reads as one
  const bool is_mark = !line.empty() && std::string_view("#>+-=").find(line[0]) != std::string_view::npos;
  return is_mark ? "\\" + line : line;
}

std::string marked_text(const DocumentBlock& block) {
  std::string out;
  size_t at = 0;
  for (const TextMark& mark : block.marks) {
    if (mark.begin < at || mark.end > block.text.size() || mark.begin > mark.end) continue;
    out += escape_inline(std::string_view(block.text).substr(at, mark.begin - at));
    const std::string inside = escape_inline(std::string_view(block.text).substr(mark.begin, mark.end - mark.begin));
    out += mark.kind == TextMark::Kind::kNote ? fmt::format("[^{}]", mark.target)
                                              : fmt::format("[{}](<{}>)", inside, mark.target);
    at = mark.end;
  }
  return out + escape_inline(std::string_view(block.text).substr(at));
}

// A line feed inside a block is a hard break.
std::string with_breaks(const std::string& text, std::string_view line_break) {
  std::string out;
  size_t at = 0;
  while (true) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out += escape_line_start(text.substr(at, end - at));
    if (end == text.size()) return out;
    out += line_break;
    at = end + 1;
  }
}

std::string pipe_table(const DocumentTable& table) {
  std::string out;
  size_t i = 0;
  for (uint32_t row = 0; row < table.n_rows; ++row) {
    for (uint32_t column = 0; column < table.n_columns; ++column) {
      const bool is_here = i < table.cells.size() && table.cells[i].row == row && table.cells[i].column == column;
      out += "| " + (is_here ? escape_inline(cell_text(table.cells[i])) : std::string()) + " ";
      i += is_here ? 1 : 0;
    }
    out += "|\n";
    if (row > 0) continue;
    for (uint32_t column = 0; column < table.n_columns; ++column) out += "| --- ";
    out += "|\n";
  }
  return out;
}

std::string html_table(const DocumentTable& table);

std::string html_cell(const TableCell& cell) {
  std::string out;
  for (const DocumentBlock& block : cell.blocks) {
    if (!out.empty()) out += "<br>";
    std::string text = block.kind == BlockKind::kTable ? html_table(block.table) : escape_html(block.text);
    for (size_t at = 0; block.kind != BlockKind::kTable && (at = text.find('\n', at)) != std::string::npos;)
      text.replace(at, 1, "<br>");
    out += text;
  }
  return out;
}

std::string html_table(const DocumentTable& table) {
  std::string out = "<table>\n";
  for (size_t i = 0; i < table.cells.size(); ++i) {
    const TableCell& cell = table.cells[i];
    if (i == 0 || table.cells[i - 1].row != cell.row) out += i == 0 ? "<tr>" : "</tr>\n<tr>";
    out += "<td";
    if (cell.row_span > 1) out += fmt::format(" rowspan=\"{}\"", cell.row_span);
    if (cell.column_span > 1) out += fmt::format(" colspan=\"{}\"", cell.column_span);
    out += ">" + html_cell(cell) + "</td>";
  }
  return out + (table.cells.empty() ? "" : "</tr>\n") + "</table>\n";
}

std::string block_text(const DocumentBlock& block) {
  switch (block.kind) {
    case BlockKind::kHeading:
      return std::string(static_cast<size_t>(std::clamp(block.level, 1, 6)), '#') + " " +
             with_breaks(marked_text(block), " ");
    case BlockKind::kTable:
      return is_simple(block.table) ? pipe_table(block.table) : html_table(block.table);
    case BlockKind::kNote:
      return fmt::format("[^{}]: {}", block.label, with_breaks(marked_text(block), "  \n    "));
    case BlockKind::kEquation:
      return "`" + block.text + "`";
    case BlockKind::kCaption:
      return "*" + escape_inline(block.text) + "*";
    default:
      return with_breaks(marked_text(block), "  \n");
  }
}

}  // namespace

std::string render_markdown(const ReadDocument& document) {
  std::string out;
  for (const DocumentBlock& block : document.blocks) {
    const std::string text = block_text(block);
    if (text.empty()) continue;
    if (!out.empty()) out += "\n";
    out += text;
    if (out.back() != '\n') out += '\n';
  }
  return out;
}

}  // namespace hanok
