#include "documents/plain_text.h"

#include <algorithm>
#include <vector>

#include "documents/bytes.h"
#include "documents/flow.h"
#include "documents/limits.h"

namespace hanok {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

void add_paragraph(std::string& text, ReadDocument& out) {
  if (!trim(text).empty()) {
    DocumentBlock block;
    block.text = std::string(trim(text));
    out.blocks.push_back(std::move(block));
  }
  text.clear();
}

// 1 to 6 for "# …" to "###### …".
int heading_level(std::string_view line) {
  const size_t n = std::min(line.find_first_not_of('#'), line.size());
  return n >= 1 && n <= 6 && (n == line.size() || line[n] == ' ') ? static_cast<int>(n) : 0;
}

// The cells of "| a | b |".
std::vector<std::string> cells_of(std::string_view line) {
  line = trim(line);
  if (line.starts_with('|')) line.remove_prefix(1);
  std::vector<std::string> cells(1);
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      cells.back() += line[++i];
    } else if (line[i] == '|') {
      if (i + 1 < line.size()) cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
  }
  for (std::string& cell : cells) cell = std::string(trim(cell));
  return cells;
}

bool is_table_rule(std::string_view line) {
  line = trim(line);
  return line.find("---") != std::string_view::npos && line.find('|') != std::string_view::npos &&
         line.find_first_not_of("|-: \t") == std::string_view::npos;
}

void add_row(const std::vector<std::string>& cells, DocumentTable& table) {
  for (size_t i = 0; i < cells.size(); ++i) {
    TableCell cell;
    cell.row = table.n_rows;
    cell.column = static_cast<uint32_t>(i);
    DocumentBlock block;
    block.text = cells[i];
    cell.blocks.push_back(std::move(block));
    table.cells.push_back(std::move(cell));
  }
  ++table.n_rows;
  table.n_columns = std::max(table.n_columns, static_cast<uint32_t>(cells.size()));
}

char separator_of(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  char best = ',';
  for (const char each : {'\t', ';'})
    if (std::count(line.begin(), line.end(), each) > std::count(line.begin(), line.end(), best)) best = each;
  return best;
}

// The fields of the next record, which is cut off the text.
std::vector<std::string> take_record(std::string_view& text, char separator) {
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (is_quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      fields.back() += text[++i];
    } else if (c == '"' && (is_quoted || fields.back().empty())) {
      is_quoted = !is_quoted;
    } else if (!is_quoted && c == separator) {
      fields.emplace_back();
    } else if (!is_quoted && c == '\n') {
      ++i;
      break;
    } else {
      fields.back() += c;
    }
  }
  text.remove_prefix(i);
  return fields;
}

}  // namespace

ReadDocument read_plain_text(std::string_view text) {
  ReadDocument out;
  out.format = "text";
  std::string paragraph;
  for (const std::string_view line : lines_of(text)) {
    if (trim(line).empty()) {
      add_paragraph(paragraph, out);
      continue;
    }
    if (!paragraph.empty()) paragraph += '\n';
    paragraph += line;
  }
  add_paragraph(paragraph, out);
  lay_out(out);
  return out;
}

ReadDocument read_markdown(std::string_view text) {
  ReadDocument out;
  out.format = "markdown";
  std::string paragraph;
  bool is_code = false;
  const std::vector<std::string_view> lines = lines_of(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (trim(line).starts_with("```")) {
      is_code = !is_code;
      continue;
    }
    if (!is_code && trim(line).empty()) {
      add_paragraph(paragraph, out);
    } else if (const int level = is_code ? 0 : heading_level(line); level > 0) {
      add_paragraph(paragraph, out);
      DocumentBlock heading;
      heading.kind = BlockKind::kHeading;
      heading.level = level;
      heading.text = std::string(trim(line.substr(static_cast<size_t>(level))));
      out.blocks.push_back(std::move(heading));
    } else if (!is_code && i + 1 < lines.size() && line.find('|') != std::string_view::npos &&
               is_table_rule(lines[i + 1])) {
      add_paragraph(paragraph, out);
      DocumentBlock block;
      block.kind = BlockKind::kTable;
      add_row(cells_of(line), block.table);
      for (i += 2; i < lines.size() && lines[i].find('|') != std::string_view::npos; ++i)
        add_row(cells_of(lines[i]), block.table);
      --i;
      out.blocks.push_back(std::move(block));
    } else {
      if (!paragraph.empty()) paragraph += '\n';
      paragraph += line;
    }
  }
  add_paragraph(paragraph, out);
  lay_out(out);
  return out;
}

Result<ReadDocument> read_csv(std::string_view text, const std::string& where) {
  ReadDocument out;
  out.format = "csv";
  DocumentBlock block;
  block.kind = BlockKind::kTable;
  const char separator = separator_of(text);
  while (!text.empty() && block.table.cells.size() <= kMaxTableCells)
    add_row(take_record(text, separator), block.table);
  HANOK_RETURN_IF_ERROR(settle_table(block.table, where));
  if (block.table.n_rows > 0) out.blocks.push_back(std::move(block));
  lay_out(out);
  return out;
}

}  // namespace hanok
