#include "documents/hwpml.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/flow.h"
#include "documents/hwp_doc_info.h"
#include "documents/limits.h"
#include "documents/page_counter.h"
#include "documents/xml.h"

namespace hanok {
namespace {

class HwpmlReader {
 public:
  explicit HwpmlReader(const std::string& where) : where_(where) {}
  Result<ReadDocument> read(const pugi::xml_node& root);

 private:
  void read_head(const pugi::xml_node& head);
  Status read_list(const pugi::xml_node& parent, size_t depth, std::vector<DocumentBlock>& out);
  Status read_paragraph(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& out);
  Status read_inline(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status read_element(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status read_table(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status read_note(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status read_margin(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status read_drawing(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status add_captioned(const pugi::xml_node& object, size_t depth, std::vector<DocumentBlock> blocks,
                       ParagraphText& out);
  Result<std::string> text_below(const pugi::xml_node& node, size_t depth);

  const std::string& where_;
  ReadDocument document_;
  std::map<std::string, int, std::less<>> outline_levels_;  // by style
  PageCounter pages_;
  std::vector<DocumentBlock> notes_, footers_;  // for the ends of the paragraph and of the section
  uint32_t n_footnotes_ = 0, n_endnotes_ = 0;
  size_t n_blocks_ = 0;
  int n_hidden_comments_ = 0;
};

uint32_t count_attribute(const pugi::xml_node& node, std::string_view name, int64_t otherwise) {
  return static_cast<uint32_t>(std::clamp<int64_t>(number_attribute(node, name, otherwise), 0, kMaxTableSide));
}

Result<ReadDocument> HwpmlReader::read(const pugi::xml_node& root) {
  if (local_name(root) != "HWPML")
    return fail(ErrorKind::kCorruptFile, in_language("HWPML이 아닙니다", "not HWPML"), where_, "HWPML",
                cleaned_text(local_name(root)));
  document_.format = "hwpml";
  read_head(child_named(root, "HEAD"));
  for (const pugi::xml_node& section : child_named(root, "BODY").children()) {
    if (local_name(section) != "SECTION") continue;
    pages_.begin_section();
    HANOK_RETURN_IF_ERROR(read_list(section, 0, document_.blocks));
    std::move(footers_.begin(), footers_.end(), std::back_inserter(document_.blocks));
    footers_.clear();
  }
  document_.n_pages = pages_.n_pages();
  settle_pages(document_.blocks, PageCertainty::kApproximate);
  if (n_hidden_comments_ > 0)
    document_.warnings.push_back(
        fmt::format(fmt::runtime(in_language("숨은 설명 {}개를 뺐습니다", "{} hidden comments were left out")),
                    n_hidden_comments_));
  lay_out(document_);
  return std::move(document_);
}

void HwpmlReader::read_head(const pugi::xml_node& head) {
  const pugi::xml_node summary = child_named(head, "DOCSUMMARY");
  const auto text_of = [&](std::string_view name) {
    return std::string(trim(cleaned_text(inner_text(child_named(summary, name)))));
  };
  document_.metadata.title = text_of("TITLE");
  document_.metadata.subject = text_of("SUBJECT");
  document_.metadata.author = text_of("AUTHOR");
  document_.metadata.keywords = text_of("KEYWORDS");
  for (const pugi::xml_node& style : child_named(child_named(head, "MAPPINGTABLE"), "STYLELIST").children())
    if (const int level = outline_level_of_style(std::string(attribute(style, "Name"))); level > 0)
      outline_levels_.emplace(attribute(style, "Id"), level);
}

Status HwpmlReader::read_list(const pugi::xml_node& parent, size_t depth, std::vector<DocumentBlock>& out) {
  if (depth > kMaxNesting) return too_deep(where_);
  for (const pugi::xml_node& child : parent.children())
    if (local_name(child) == "P") HANOK_RETURN_IF_ERROR(read_paragraph(child, depth, out));
  return {};
}

Status HwpmlReader::read_paragraph(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& out) {
  if (++n_blocks_ > kMaxBlocks) return too_many_blocks(where_);
  DocumentBlock block;
  if (depth == 0) {
    block.page.number = pages_.begin_paragraph({}, attribute(node, "PageBreak") == "true");
    const auto level = outline_levels_.find(attribute(node, "Style"));
    block.level = level == outline_levels_.end() ? 0 : level->second;
    if (block.level > 0) block.kind = BlockKind::kHeading;
  }
  ParagraphText text;
  HANOK_RETURN_IF_ERROR(read_inline(node, depth, text));
  if (block.kind == BlockKind::kParagraph && text.is_equation_alone()) block.kind = BlockKind::kEquation;
  text.finish(std::move(block), depth > 0, out);
  if (depth > 0) return {};
  std::move(notes_.begin(), notes_.end(), std::back_inserter(out));
  notes_.clear();
  return {};
}

Status HwpmlReader::read_inline(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  for (const pugi::xml_node& child : node.children()) HANOK_RETURN_IF_ERROR(read_element(child, depth, out));
  return {};
}

// The parts of a CHAR.
void read_characters(const pugi::xml_node& node, std::string& out) {
  for (const pugi::xml_node& part : node.children()) {
    const std::string_view name = local_name(part);
    if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) {
      for (const char c : cleaned_text(part.value())) out += c == '\n' ? ' ' : c;
    } else if (name == "TAB") {
      out += '\t';
    } else if (name == "LINEBREAK") {
      out += '\n';
    } else if (name == "HYPEN" || name == "HYPHEN") {
      out += '-';
    } else if (name == "NBSPACE" || name == "FWSPACE") {
      out += ' ';
    }
  }
}

Status HwpmlReader::read_element(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  const std::string_view name = local_name(node);
  if (name == "CHAR") {
    read_characters(node, out.text);
  } else if (name == "TEXT") {
    return read_inline(node, depth, out);
  } else if (name == "TABLE") {
    return read_table(node, depth, out);
  } else if (name == "FOOTNOTE" || name == "ENDNOTE") {
    return read_note(node, depth, out);
  } else if (name == "HEADER" || name == "FOOTER") {
    return read_margin(node, depth, out);
  } else if (name == "HIDDENCOMMENT") {
    ++n_hidden_comments_;
  } else if (name == "EQUATION") {
    out.add_equation(cleaned_text(inner_text(child_named(node, "SCRIPT"))));
  } else if (name == "AUTONUM") {
    const std::string_view type = attribute(node, "NumberType");
    if (type == "Figure" || type == "Table" || type == "Equation") out.text += cleaned_text(attribute(node, "Number"));
  } else if (name != "SECDEF" && name != "COLDEF" && node.first_child()) {
    return read_drawing(node, depth, out);
  }
  return {};
}

Result<std::string> HwpmlReader::text_below(const pugi::xml_node& node, size_t depth) {
  std::vector<DocumentBlock> blocks;
  HANOK_RETURN_IF_ERROR(read_list(child_named(node, "PARALIST"), depth + 1, blocks));
  return text_of_blocks(std::move(blocks));
}

Status HwpmlReader::read_note(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  DocumentBlock note;
  note.kind = BlockKind::kNote;
  note.label = local_name(node) == "ENDNOTE" ? fmt::format("e{}", ++n_endnotes_) : fmt::format("{}", ++n_footnotes_);
  out.call_note(note.label);
  HANOK_TRY(note.text, text_below(node, depth));
  notes_.push_back(std::move(note));
  return {};
}

Status HwpmlReader::read_margin(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  DocumentBlock margin;
  margin.kind = local_name(node) == "HEADER" ? BlockKind::kHeader : BlockKind::kFooter;
  HANOK_TRY(margin.text, text_below(node, depth));
  if (margin.text.empty()) return {};
  if (margin.kind == BlockKind::kHeader)
    out.add_header(std::move(margin));
  else
    footers_.push_back(std::move(margin));
  return {};
}

Status HwpmlReader::add_captioned(const pugi::xml_node& object, size_t depth, std::vector<DocumentBlock> blocks,
                                  ParagraphText& out) {
  const pugi::xml_node caption = child_named(child_named(object, "SHAPEOBJECT"), "CAPTION");
  HANOK_TRY(std::string text, text_below(caption, depth));
  out.add_captioned(std::move(blocks), std::move(text), attribute(caption, "Side") == "Top");
  return {};
}

Status HwpmlReader::read_drawing(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  if (depth > kMaxNesting) return too_deep(where_);
  std::vector<DocumentBlock> boxes;
  for (const pugi::xml_node& child : node.children()) {
    const std::string_view name = local_name(child);
    if (name == "DRAWINGOBJECT") {
      HANOK_RETURN_IF_ERROR(read_list(child_named(child_named(child, "DRAWTEXT"), "PARALIST"), depth + 1, boxes));
      std::erase_if(boxes, [](const DocumentBlock& b) { return b.kind != BlockKind::kTable && trim(b.text).empty(); });
    } else if (name != "SHAPEOBJECT" && child.first_child()) {
      HANOK_RETURN_IF_ERROR(read_drawing(child, depth + 1, out));  // groups
    }
  }
  return add_captioned(node, depth, std::move(boxes), out);
}

Status HwpmlReader::read_table(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  DocumentBlock block;
  block.kind = BlockKind::kTable;
  block.table.n_rows = count_attribute(node, "RowCount", 0);
  block.table.n_columns = count_attribute(node, "ColCount", 0);
  for (const pugi::xml_node& row : node.children()) {
    if (local_name(row) != "ROW") continue;
    for (const pugi::xml_node& child : row.children()) {
      if (local_name(child) != "CELL") continue;
      TableCell cell;
      cell.row = count_attribute(child, "RowAddr", 0);
      cell.column = count_attribute(child, "ColAddr", 0);
      cell.row_span = count_attribute(child, "RowSpan", 1);
      cell.column_span = count_attribute(child, "ColSpan", 1);
      HANOK_RETURN_IF_ERROR(read_list(child_named(child, "PARALIST"), depth + 1, cell.blocks));
      block.table.cells.push_back(std::move(cell));
    }
  }
  HANOK_RETURN_IF_ERROR(settle_table(block.table, where_));
  std::vector<DocumentBlock> blocks;
  blocks.push_back(std::move(block));
  return add_captioned(node, depth, std::move(blocks), out);
}

}  // namespace

Result<ReadDocument> read_hwpml(const std::string& xml, const std::string& where) {
  pugi::xml_document parsed;
  HANOK_RETURN_IF_ERROR(parse_xml(parsed, xml, where));
  return HwpmlReader(where).read(parsed.document_element());
}

}  // namespace hanok
