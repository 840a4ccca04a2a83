#include "documents/xlsx.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/flow.h"
#include "documents/limits.h"
#include "documents/number_format.h"
#include "documents/ooxml.h"
#include "documents/sheet_table.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr const char* kWorkbook = "xl/workbook.xml";

class XlsxReader {
 public:
  XlsxReader(ZipArchive& archive, const std::string& where) : package_(archive, where), where_(where) {}
  Result<ReadDocument> read();

 private:
  Status read_strings(const OoxmlRelations& relations);
  Status read_styles(const OoxmlRelations& relations);
  Status read_sheet(const std::string& name, const std::string& part_name);
  Status read_rows(const pugi::xml_node& data, std::vector<SheetCell>& cells);
  Status read_comments(const std::string& part_name);
  std::string cell_text(const pugi::xml_node& cell) const;
  std::string number_text(std::string_view value, int64_t style) const;
  void add(BlockKind kind, std::string label, std::string text);

  OoxmlPackage package_;
  const std::string& where_;
  ReadDocument document_;
  std::vector<std::string> strings_;
  std::vector<std::string> formats_;  // by cell style
  bool is_from_1904_ = false;
  size_t n_cells_ = 0, n_text_bytes_ = 0;
};

std::optional<std::string> target_of_type(const OoxmlRelations& relations, std::string_view type) {
  for (const auto& [id, relation] : relations)
    if (relation.type == type) return relation.target;
  return std::nullopt;
}

// A string's text: its runs, without the phonetic ones.
std::string string_text(const pugi::xml_node& item) {
  std::string out;
  for (const pugi::xml_node& child : item.children()) {
    const std::string_view name = local_name(child);
    if (name == "t") out += inner_text(child);
    if (name == "r") out += inner_text(child_named(child, "t"));
  }
  return cleaned_text(out);
}

Result<ReadDocument> XlsxReader::read() {
  document_.format = "xlsx";
  document_.page_flow = PageFlow::kWholes;
  HANOK_TRY(document_.metadata, package_.metadata());
  HANOK_TRY(const auto workbook, package_.part(kWorkbook));
  if (!workbook)
    return fail(ErrorKind::kCorruptFile, in_language("본문이 없습니다", "there is no body"), where_, kWorkbook);
  HANOK_TRY(const OoxmlRelations relations, package_.relations(kWorkbook));
  const pugi::xml_node root = workbook->document_element();
  const std::string_view from_1904 = attribute(child_named(root, "workbookPr"), "date1904");
  is_from_1904_ = from_1904 == "1" || from_1904 == "true";
  HANOK_RETURN_IF_ERROR(read_strings(relations));
  HANOK_RETURN_IF_ERROR(read_styles(relations));
  for (const pugi::xml_node& sheet : child_named(root, "sheets").children()) {
    const auto relation = relations.find(attribute(sheet, "id"));
    if (relation == relations.end() || relation->second.type != "worksheet") continue;  // a sheet that is a chart
    ++document_.n_pages;
    HANOK_RETURN_IF_ERROR(read_sheet(cleaned_text(attribute(sheet, "name")), relation->second.target));
  }
  lay_out(document_);
  return std::move(document_);
}

Status XlsxReader::read_strings(const OoxmlRelations& relations) {
  HANOK_TRY(const auto xml, package_.part(target_of_type(relations, "sharedStrings").value_or("xl/sharedStrings.xml")));
  if (!xml) return {};
  for (const pugi::xml_node& item : xml->document_element().children())
    if (local_name(item) == "si") strings_.push_back(string_text(item));
  return {};
}

Status XlsxReader::read_styles(const OoxmlRelations& relations) {
  HANOK_TRY(const auto xml, package_.part(target_of_type(relations, "styles").value_or("xl/styles.xml")));
  if (!xml) return {};
  std::map<int64_t, std::string> own;
  for (const pugi::xml_node& format : child_named(xml->document_element(), "numFmts").children())
    own.emplace(number_attribute(format, "numFmtId", -1), attribute(format, "formatCode"));
  for (const pugi::xml_node& style : child_named(xml->document_element(), "cellXfs").children()) {
    const int64_t id = number_attribute(style, "numFmtId");
    const auto found = own.find(id);
    formats_.push_back(found != own.end() ? found->second : std::string(builtin_number_format(static_cast<int>(id))));
  }
  return {};
}

void XlsxReader::add(BlockKind kind, std::string label, std::string text) {
  DocumentBlock block;
  block.kind = kind;
  block.level = kind == BlockKind::kHeading ? 1 : 0;
  block.label = std::move(label);
  block.text = std::move(text);
  block.page = {document_.n_pages, PageCertainty::kExact};
  document_.blocks.push_back(std::move(block));
}

Status XlsxReader::read_sheet(const std::string& name, const std::string& part_name) {
  HANOK_TRY(const auto xml, package_.part(part_name));
  if (!xml)
    return fail(ErrorKind::kCorruptFile, in_language("시트가 없습니다", "a sheet is missing"), where_, part_name);
  add(BlockKind::kHeading, "", name);
  std::vector<SheetCell> cells;
  std::vector<SheetArea> merged;
  for (const pugi::xml_node& child : xml->document_element().children()) {
    if (local_name(child) == "sheetData") HANOK_RETURN_IF_ERROR(read_rows(child, cells));
    if (local_name(child) != "mergeCells") continue;
    for (const pugi::xml_node& merge : child.children())
      if (SheetArea area; read_area_name(attribute(merge, "ref"), area)) merged.push_back(area);
  }
  HANOK_TRY(DocumentTable table, table_of_sheet(std::move(cells), std::move(merged), where_ + ": " + part_name));
  if (!table.cells.empty()) {
    add(BlockKind::kTable, "", "");
    document_.blocks.back().table = std::move(table);
  }
  return read_comments(part_name);
}

Status XlsxReader::read_rows(const pugi::xml_node& data, std::vector<SheetCell>& cells) {
  uint32_t next_row = 0;
  for (const pugi::xml_node& row : data.children()) {
    const int64_t number = number_attribute(row, "r", int64_t{next_row} + 1);
    next_row = static_cast<uint32_t>(std::clamp<int64_t>(number, 1, int64_t{1} << 20));
    uint32_t next_column = 0;
    for (const pugi::xml_node& node : row.children()) {
      if (local_name(node) != "c") continue;
      SheetCell cell{next_row - 1, next_column, {}};
      uint32_t named_row = 0;
      if (!read_cell_name(attribute(node, "r"), named_row, cell.column)) cell.column = next_column;
      next_column = cell.column + 1;
      cell.text = cell_text(node);
      if (cell.text.empty()) continue;
      n_text_bytes_ += cell.text.size();  // cells share strings: a small file can hold much text
      if (++n_cells_ > kMaxBlocks || n_text_bytes_ > kMaxTotalBytes) return too_many_blocks(where_);
      cells.push_back(std::move(cell));
    }
  }
  return {};
}

std::string XlsxReader::cell_text(const pugi::xml_node& cell) const {
  const std::string_view type = attribute(cell, "t");
  if (type == "inlineStr") return string_text(child_named(cell, "is"));
  const std::string value = inner_text(child_named(cell, "v"));
  if (type == "s") {
    size_t idx = strings_.size();
    std::from_chars(value.data(), value.data() + value.size(), idx);
    return idx < strings_.size() ? strings_[idx] : std::string();
  }
  if (type == "b") return value == "1" ? "TRUE" : value.empty() ? "" : "FALSE";
  if (type == "str" || type == "e" || type == "d") return cleaned_text(value);
  return number_text(value, number_attribute(cell, "s"));
}

std::string XlsxReader::number_text(std::string_view value, int64_t style) const {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) return cleaned_text(value);
  const bool is_known = style >= 0 && static_cast<uint64_t>(style) < formats_.size();
  return cleaned_text(format_cell_number(
      number, is_known ? std::string_view(formats_[static_cast<size_t>(style)]) : std::string_view(), is_from_1904_));
}

Status XlsxReader::read_comments(const std::string& part_name) {
  HANOK_TRY(const OoxmlRelations relations, package_.relations(part_name));
  const auto target = target_of_type(relations, "comments");
  if (!target) return {};
  HANOK_TRY(const auto xml, package_.part(*target));
  if (!xml) return {};
  for (const pugi::xml_node& comment : child_named(xml->document_element(), "commentList").children())
    if (std::string text = string_text(child_named(comment, "text")); !trim(text).empty())
      add(BlockKind::kNote, cleaned_text(attribute(comment, "ref")), std::string(trim(text)));
  return {};
}

}  // namespace

bool is_xlsx(const ZipArchive& archive) {
  return archive.has(kWorkbook);
}

Result<ReadDocument> read_xlsx(ZipArchive& archive, const std::string& where) {
  return XlsxReader(archive, where).read();
}

}  // namespace hanok
