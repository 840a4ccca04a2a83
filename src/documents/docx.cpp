#include "documents/docx.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/docx_numbering.h"
#include "documents/flow.h"
#include "documents/limits.h"
#include "documents/ooxml.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr const char* kBody = "word/document.xml";

class DocxReader {
 public:
  DocxReader(ZipArchive& archive, const std::string& where) : package_(archive, where), where_(where) {}
  Result<ReadDocument> read();

 private:
  Status read_styles();
  Status read_notes(const char* name, const char* prefix);
  Status read_margins(std::string_view type, BlockKind kind, std::vector<DocumentBlock>& out);
  Status read_blocks(const pugi::xml_node& parent, size_t depth, std::vector<DocumentBlock>& out);
  Status read_paragraph(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& out);
  Status read_inline(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status read_inline_part(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status read_table(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& out);
  Status read_row(const pugi::xml_node& node, size_t depth, DocumentTable& table,
                  std::map<uint32_t, size_t>& open_cells);
  void call_note(const std::string& label, ParagraphText& out);

  OoxmlPackage package_;
  const std::string& where_;
  ReadDocument document_;
  std::map<std::string, int, std::less<>> heading_levels_;  // by style
  DocxNumbering numbering_;
  bool counts_lists_ = false;  // in the body alone
  OoxmlRelations relations_;
  std::map<std::string, std::string, std::less<>> notes_;  // by label
  std::vector<std::string> called_notes_;
  size_t n_blocks_ = 0;
  int n_deleted_parts_ = 0;
};

std::string_view value_of(const pugi::xml_node& parent, std::string_view name) {
  return attribute(child_named(parent, name), "val");
}

Result<ReadDocument> DocxReader::read() {
  HANOK_RETURN_IF_ERROR(read_styles());
  HANOK_TRY(const auto lists, package_.part("word/numbering.xml"));
  if (lists) numbering_.read_lists(lists->document_element());
  HANOK_TRY(relations_, package_.relations(kBody));
  HANOK_RETURN_IF_ERROR(read_notes("word/footnotes.xml", ""));
  HANOK_RETURN_IF_ERROR(read_notes("word/endnotes.xml", "e"));
  HANOK_RETURN_IF_ERROR(read_notes("word/comments.xml", "m"));
  HANOK_TRY(document_.metadata, package_.metadata());
  HANOK_TRY(const auto body, package_.part(kBody));
  if (!body) return fail(ErrorKind::kCorruptFile, in_language("본문이 없습니다", "there is no body"), where_, kBody);
  document_.format = "docx";
  called_notes_.clear();
  HANOK_RETURN_IF_ERROR(read_margins("header", BlockKind::kHeader, document_.blocks));
  counts_lists_ = true;
  HANOK_RETURN_IF_ERROR(read_blocks(child_named(body->document_element(), "body"), 0, document_.blocks));
  counts_lists_ = false;
  HANOK_RETURN_IF_ERROR(read_margins("footer", BlockKind::kFooter, document_.blocks));
  if (n_deleted_parts_ > 0)
    document_.warnings.push_back(fmt::format(
        fmt::runtime(in_language("변경 추적에서 지운 글 {}곳을 뺐습니다", "{} deleted passages were left out")),
        n_deleted_parts_));
  lay_out(document_);
  return std::move(document_);
}

// A heading's style is named "heading 1" in every language of Word, or has an outline level.
Status DocxReader::read_styles() {
  HANOK_TRY(const auto xml, package_.part("word/styles.xml"));
  if (!xml) return {};
  numbering_.read_styles(xml->document_element());
  for (const pugi::xml_node& style : xml->document_element().children()) {
    const std::string_view name = value_of(style, "name");
    int level = 0;
    if ((name.starts_with("heading ") || name.starts_with("Heading ")) && name.size() == 9 && name[8] >= '1' &&
        name[8] <= '9')
      level = name[8] - '0';
    if (level == 0) {
      const pugi::xml_node outline = child_named(child_named(style, "pPr"), "outlineLvl");
      if (outline) level = static_cast<int>(std::clamp<int64_t>(number_attribute(outline, "val", 9), 0, 9)) + 1;
      if (level == 10) level = 0;  // body text
    }
    if (level > 0) heading_levels_.emplace(attribute(style, "styleId"), level);
  }
  return {};
}

Status DocxReader::read_notes(const char* name, const char* prefix) {
  HANOK_TRY(const auto xml, package_.part(name));
  if (!xml) return {};
  for (const pugi::xml_node& note : xml->document_element().children()) {
    const std::string_view type = attribute(note, "type");
    if (!type.empty() && type != "normal") continue;  // the line above notes
    std::vector<DocumentBlock> blocks;
    HANOK_RETURN_IF_ERROR(read_blocks(note, 1, blocks));
    notes_.emplace(prefix + std::string(attribute(note, "id")), text_of_blocks(std::move(blocks)));
  }
  return {};
}

Status DocxReader::read_margins(std::string_view type, BlockKind kind, std::vector<DocumentBlock>& out) {
  std::vector<std::string> seen;  // the same text for odd, even and first pages is said once
  for (const auto& [id, relation] : relations_) {
    if (relation.type != type) continue;
    HANOK_TRY(const auto xml, package_.part(relation.target));
    if (!xml) continue;
    std::vector<DocumentBlock> blocks;
    HANOK_RETURN_IF_ERROR(read_blocks(xml->document_element(), 1, blocks));
    DocumentBlock block;
    block.kind = kind;
    block.text = text_of_blocks(std::move(blocks));
    if (block.text.empty() || std::find(seen.begin(), seen.end(), block.text) != seen.end()) continue;
    seen.push_back(block.text);
    out.push_back(std::move(block));
  }
  return {};
}

Status DocxReader::read_blocks(const pugi::xml_node& parent, size_t depth, std::vector<DocumentBlock>& out) {
  if (depth > kMaxNesting) return too_deep(where_);
  for (const pugi::xml_node& child : parent.children()) {
    const std::string_view name = local_name(child);
    if (name == "p") {
      HANOK_RETURN_IF_ERROR(read_paragraph(child, depth, out));
    } else if (name == "tbl") {
      HANOK_RETURN_IF_ERROR(read_table(child, depth, out));
    } else if (name == "sdt" || name == "sdtContent" || name == "ins" || name == "customXml") {
      HANOK_RETURN_IF_ERROR(read_blocks(child, depth + 1, out));
    }
  }
  return {};
}

Status DocxReader::read_paragraph(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& out) {
  if (++n_blocks_ > kMaxBlocks) return too_many_blocks(where_);
  DocumentBlock block;
  const pugi::xml_node properties = child_named(node, "pPr");
  const auto style = heading_levels_.find(value_of(properties, "pStyle"));
  if (style != heading_levels_.end() && depth == 0) {
    block.kind = BlockKind::kHeading;
    block.level = style->second;
  }
  if (counts_lists_) block.text = numbering_.next(properties);
  if (!block.text.empty()) block.text += ' ';
  ParagraphText text;
  HANOK_RETURN_IF_ERROR(read_inline(node, depth, text));
  text.finish(std::move(block), depth > 0, out);
  if (depth > 0) return {};
  for (const std::string& label : called_notes_) {
    DocumentBlock note;
    note.kind = BlockKind::kNote;
    note.label = label;
    note.text = notes_[label];
    out.push_back(std::move(note));
  }
  called_notes_.clear();
  return {};
}

void DocxReader::call_note(const std::string& label, ParagraphText& out) {
  if (!notes_.contains(label)) return;
  out.call_note(label);
  called_notes_.push_back(label);
}

Status DocxReader::read_inline(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  for (const pugi::xml_node& child : node.children()) HANOK_RETURN_IF_ERROR(read_inline_part(child, depth, out));
  return {};
}

Status DocxReader::read_inline_part(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  const std::string_view name = local_name(node);
  if (name == "t") {
    out.text += cleaned_text(inner_text(node));
  } else if (name == "tab") {
    out.text += '\t';
  } else if (name == "br" || name == "cr") {
    out.text += '\n';
  } else if (name == "noBreakHyphen") {
    out.text += '-';
  } else if (name == "footnoteReference") {
    call_note(std::string(attribute(node, "id")), out);
  } else if (name == "endnoteReference") {
    call_note("e" + std::string(attribute(node, "id")), out);
  } else if (name == "commentReference") {
    call_note("m" + std::string(attribute(node, "id")), out);
  } else if (name == "del" || name == "moveFrom") {
    ++n_deleted_parts_;
  } else if (name == "txbxContent") {
    HANOK_RETURN_IF_ERROR(read_blocks(node, depth + 1, out.objects()));
  } else if (name == "hyperlink") {
    const auto relation = relations_.find(attribute(node, "id"));
    if (relation != relations_.end()) out.begin_link(relation->second.target);
    HANOK_RETURN_IF_ERROR(read_inline(node, depth, out));
    if (relation != relations_.end()) out.end_link();
  } else if (name != "Fallback" && name != "pPr" && name != "rPr" && name != "instrText") {
    return read_inline(node, depth, out);  // runs, insertions, drawings, equations
  }
  return {};
}

Status DocxReader::read_table(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& out) {
  DocumentBlock block;
  block.kind = BlockKind::kTable;
  std::map<uint32_t, size_t> open_cells;  // by column: the cell that a merged one below belongs to
  for (const pugi::xml_node& row : node.children())
    if (local_name(row) == "tr") HANOK_RETURN_IF_ERROR(read_row(row, depth, block.table, open_cells));
  HANOK_RETURN_IF_ERROR(settle_table(block.table, where_));
  out.push_back(std::move(block));
  return {};
}

Status DocxReader::read_row(const pugi::xml_node& node, size_t depth, DocumentTable& table,
                            std::map<uint32_t, size_t>& open_cells) {
  uint32_t column = 0;
  for (const pugi::xml_node& child : node.children()) {
    if (local_name(child) != "tc") continue;
    const pugi::xml_node properties = child_named(child, "tcPr");
    TableCell cell;
    cell.row = table.n_rows;
    cell.column = column;
    cell.column_span = static_cast<uint32_t>(
        std::clamp<int64_t>(number_attribute(child_named(properties, "gridSpan"), "val", 1), 1, 1024));
    column += cell.column_span;
    const pugi::xml_node merge = child_named(properties, "vMerge");
    const auto above = open_cells.find(cell.column);
    if (merge && attribute(merge, "val") != "restart" && above != open_cells.end()) {
      ++table.cells[above->second].row_span;
      continue;
    }
    HANOK_RETURN_IF_ERROR(read_blocks(child, depth + 1, cell.blocks));
    open_cells[cell.column] = table.cells.size();
    table.cells.push_back(std::move(cell));
  }
  ++table.n_rows;
  return {};
}

}  // namespace

bool is_docx(const ZipArchive& archive) {
  return archive.has(kBody);
}

Result<ReadDocument> read_docx(ZipArchive& archive, const std::string& where) {
  return DocxReader(archive, where).read();
}

}  // namespace hanok
