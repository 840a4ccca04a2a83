#include "documents/pptx.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/flow.h"
#include "documents/limits.h"
#include "documents/ooxml.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr const char* kPresentation = "ppt/presentation.xml";

class PptxReader {
 public:
  PptxReader(ZipArchive& archive, const std::string& where) : package_(archive, where), where_(where) {}
  Result<ReadDocument> read();

 private:
  Status read_slide(const std::string& part_name);
  Status read_notes(const OoxmlRelations& relations);
  Status read_shapes(const pugi::xml_node& tree, size_t depth);
  Status read_shape(const pugi::xml_node& shape);
  Status read_text(const pugi::xml_node& body, BlockKind kind, std::vector<DocumentBlock>& out);
  void read_runs(const pugi::xml_node& paragraph, ParagraphText& out);
  Status read_table(const pugi::xml_node& node);

  OoxmlPackage package_;
  const std::string& where_;
  ReadDocument document_;
  OoxmlRelations relations_;                    // of the slide being read
  std::vector<DocumentBlock> titles_, blocks_;  // of the slide being read
  size_t n_blocks_ = 0;
};

// The kind of placeholder a shape is: "title", "body", "sldNum", …; empty for other shapes.
std::string_view placeholder(const pugi::xml_node& shape) {
  const pugi::xml_node properties = child_named(child_named(shape, "nvSpPr"), "nvPr");
  const pugi::xml_node holder = child_named(properties, "ph");
  if (!holder) return {};
  const std::string_view type = attribute(holder, "type");
  return type.empty() ? "body" : type;
}

bool is_margin(std::string_view type) {
  return type == "sldNum" || type == "dt" || type == "ftr" || type == "hdr" || type == "sldImg";
}

Result<ReadDocument> PptxReader::read() {
  document_.format = "pptx";
  document_.page_flow = PageFlow::kWholes;
  HANOK_TRY(document_.metadata, package_.metadata());
  HANOK_TRY(const auto presentation, package_.part(kPresentation));
  if (!presentation)
    return fail(ErrorKind::kCorruptFile, in_language("본문이 없습니다", "there is no body"), where_, kPresentation);
  HANOK_TRY(const OoxmlRelations relations, package_.relations(kPresentation));
  for (const pugi::xml_node& slide : child_named(presentation->document_element(), "sldIdLst").children()) {
    // Both of its attributes are named "id"; the relation's has a prefix.
    std::string_view id;
    for (const pugi::xml_attribute& each : slide.attributes())
      if (local_name(each) == "id" && std::string_view(each.name()) != "id") id = each.value();
    const auto relation = relations.find(id);
    if (relation == relations.end()) continue;
    ++document_.n_pages;
    HANOK_RETURN_IF_ERROR(read_slide(relation->second.target));
  }
  lay_out(document_);
  return std::move(document_);
}

Status PptxReader::read_slide(const std::string& part_name) {
  HANOK_TRY(const auto xml, package_.part(part_name));
  if (!xml)
    return fail(ErrorKind::kCorruptFile, in_language("슬라이드가 없습니다", "a slide is missing"), where_, part_name);
  HANOK_TRY(relations_, package_.relations(part_name));
  titles_.clear();
  blocks_.clear();
  HANOK_RETURN_IF_ERROR(read_shapes(child_named(child_named(xml->document_element(), "cSld"), "spTree"), 0));
  HANOK_RETURN_IF_ERROR(read_notes(relations_));
  std::move(titles_.begin(), titles_.end(), std::back_inserter(document_.blocks));
  for (DocumentBlock& block : blocks_) document_.blocks.push_back(std::move(block));
  for (auto block = document_.blocks.rbegin(); block != document_.blocks.rend() && block->page.number == 0; ++block)
    block->page = {document_.n_pages, PageCertainty::kExact};
  return {};
}

Status PptxReader::read_notes(const OoxmlRelations& relations) {
  for (const auto& [id, relation] : relations) {
    if (relation.type != "notesSlide") continue;
    HANOK_TRY(const auto xml, package_.part(relation.target));
    if (!xml) continue;
    for (const pugi::xml_node& shape : child_named(child_named(xml->document_element(), "cSld"), "spTree").children()) {
      if (placeholder(shape) != "body") continue;
      std::vector<DocumentBlock> paragraphs;
      HANOK_RETURN_IF_ERROR(read_text(child_named(shape, "txBody"), BlockKind::kParagraph, paragraphs));
      DocumentBlock note;
      note.kind = BlockKind::kNote;
      note.label = "notes";
      note.text = text_of_blocks(std::move(paragraphs));
      if (!note.text.empty()) blocks_.push_back(std::move(note));
    }
  }
  return {};
}

Status PptxReader::read_shapes(const pugi::xml_node& tree, size_t depth) {
  if (depth > kMaxNesting) return too_deep(where_);
  for (const pugi::xml_node& shape : tree.children()) {
    const std::string_view name = local_name(shape);
    if (name == "sp") {
      HANOK_RETURN_IF_ERROR(read_shape(shape));
    } else if (name == "grpSp") {
      HANOK_RETURN_IF_ERROR(read_shapes(shape, depth + 1));
    } else if (name == "AlternateContent") {
      HANOK_RETURN_IF_ERROR(read_shapes(child_named(shape, "Choice"), depth + 1));
    } else if (name == "graphicFrame") {
      const pugi::xml_node data = child_named(child_named(shape, "graphic"), "graphicData");
      if (const pugi::xml_node table = child_named(data, "tbl"); table) HANOK_RETURN_IF_ERROR(read_table(table));
    }
  }
  return {};
}

Status PptxReader::read_shape(const pugi::xml_node& shape) {
  const std::string_view type = placeholder(shape);
  if (is_margin(type)) return {};
  const pugi::xml_node body = child_named(shape, "txBody");
  if (type != "title" && type != "ctrTitle") return read_text(body, BlockKind::kParagraph, blocks_);
  std::vector<DocumentBlock> lines;
  HANOK_RETURN_IF_ERROR(read_text(body, BlockKind::kParagraph, lines));
  DocumentBlock title;
  title.kind = BlockKind::kHeading;
  title.level = 1;
  title.text = text_of_blocks(std::move(lines));
  if (!title.text.empty()) titles_.push_back(std::move(title));
  return {};
}

Status PptxReader::read_text(const pugi::xml_node& body, BlockKind kind, std::vector<DocumentBlock>& out) {
  for (const pugi::xml_node& paragraph : body.children()) {
    if (local_name(paragraph) != "p") continue;
    if (++n_blocks_ > kMaxBlocks) return too_many_blocks(where_);
    DocumentBlock block;
    block.kind = kind;
    ParagraphText text;
    read_runs(paragraph, text);
    text.finish(std::move(block), false, out);
  }
  return {};
}

void PptxReader::read_runs(const pugi::xml_node& paragraph, ParagraphText& out) {
  for (const pugi::xml_node& run : paragraph.children()) {
    const std::string_view name = local_name(run);
    if (name == "br") out.text += '\n';
    if (name != "r" && name != "fld") continue;
    const auto link = relations_.find(attribute(child_named(child_named(run, "rPr"), "hlinkClick"), "id"));
    const bool is_link = link != relations_.end() && link->second.type == "hyperlink";
    if (is_link) out.begin_link(link->second.target);
    out.text += cleaned_text(inner_text(child_named(run, "t")));
    if (is_link) out.end_link();
  }
}

Status PptxReader::read_table(const pugi::xml_node& node) {
  DocumentBlock block;
  block.kind = BlockKind::kTable;
  for (const pugi::xml_node& row : node.children()) {
    if (local_name(row) != "tr") continue;
    uint32_t column = 0;
    for (const pugi::xml_node& child : row.children()) {
      if (local_name(child) != "tc") continue;
      TableCell cell;
      cell.row = block.table.n_rows;
      cell.column = column++;
      const auto is_set = [&](const char* name) {
        return attribute(child, name) == "1" || attribute(child, name) == "true";
      };
      if (is_set("hMerge") || is_set("vMerge")) continue;  // a part of the cell before or above
      cell.column_span = static_cast<uint32_t>(std::clamp<int64_t>(number_attribute(child, "gridSpan", 1), 1, 1024));
      cell.row_span =
          static_cast<uint32_t>(std::clamp<int64_t>(number_attribute(child, "rowSpan", 1), 1, kMaxTableSide));
      HANOK_RETURN_IF_ERROR(read_text(child_named(child, "txBody"), BlockKind::kParagraph, cell.blocks));
      block.table.cells.push_back(std::move(cell));
    }
    block.table.n_columns = std::max(block.table.n_columns, column);
    ++block.table.n_rows;
  }
  HANOK_RETURN_IF_ERROR(settle_table(block.table, where_));
  if (!block.table.cells.empty()) blocks_.push_back(std::move(block));
  return {};
}

}  // namespace

bool is_pptx(const ZipArchive& archive) {
  return archive.has(kPresentation);
}

Result<ReadDocument> read_pptx(ZipArchive& archive, const std::string& where) {
  return PptxReader(archive, where).read();
}

}  // namespace hanok
