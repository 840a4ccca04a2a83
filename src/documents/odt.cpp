#include "documents/odt.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/dates.h"
#include "documents/flow.h"
#include "documents/limits.h"
#include "documents/locked_parts.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr const char* kBody = "content.xml";
constexpr const char* kLockedPackage = "encrypted-package";
constexpr int64_t kMaxRepeats = 1024;  // of one cell or row; a sheet's empty rest is repeated up to its edge

class OdtReader {
 public:
  OdtReader(ZipArchive& archive, LockedParts parts, const std::string& where)
      : archive_(archive), parts_(std::move(parts)), where_(where) {}
  Result<ReadDocument> read();

 private:
  Status parse(const char* name, pugi::xml_document& xml);
  Status read_metadata();
  Status read_margins();
  Status read_blocks(const pugi::xml_node& parent, size_t depth, std::vector<DocumentBlock>& out);
  Status read_list(const pugi::xml_node& list, size_t depth, std::vector<DocumentBlock>& out);
  Status read_paragraph(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& out);
  Status read_inline(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status read_inline_element(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status read_note(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status read_comment(const pugi::xml_node& node, size_t depth, ParagraphText& out);
  Status read_table(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& out);
  Status read_rows(const pugi::xml_node& parent, size_t depth, size_t n_groups, DocumentTable& table);
  Status read_row(const pugi::xml_node& node, size_t depth, DocumentTable& table);

  ZipArchive& archive_;
  LockedParts parts_;
  const std::string& where_;
  ReadDocument document_;
  std::string item_mark_;
  std::vector<DocumentBlock> notes_;  // called in the paragraph being read
  size_t n_blocks_ = 0, n_text_bytes_ = 0;
  int n_comments_ = 0, n_deletions_ = 0;
};

Status OdtReader::parse(const char* name, pugi::xml_document& xml) {
  HANOK_TRY(const std::string text, parts_.read(name));
  return parse_xml(xml, text, where_ + ": " + name);
}

Result<ReadDocument> OdtReader::read() {
  document_.format = "odt";
  HANOK_RETURN_IF_ERROR(read_metadata());
  HANOK_RETURN_IF_ERROR(read_margins());
  const auto first_footer = std::find_if(document_.blocks.begin(), document_.blocks.end(),
                                         [](const DocumentBlock& each) { return each.kind == BlockKind::kFooter; });
  std::vector<DocumentBlock> footers(first_footer, document_.blocks.end());
  document_.blocks.erase(first_footer, document_.blocks.end());
  pugi::xml_document body;
  HANOK_RETURN_IF_ERROR(parse(kBody, body));
  const pugi::xml_node text = child_named(child_named(body.document_element(), "body"), "text");
  if (!text)
    return fail(ErrorKind::kCorruptFile, in_language("본문이 없습니다", "there is no body"), where_, "office:text");
  HANOK_RETURN_IF_ERROR(read_blocks(text, 0, document_.blocks));
  for (DocumentBlock& footer : footers) document_.blocks.push_back(std::move(footer));
  if (n_deletions_ > 0)
    document_.warnings.push_back(fmt::format(
        fmt::runtime(in_language("변경 추적에서 지운 글 {}곳을 뺐습니다", "{} deleted passages were left out")),
        n_deletions_));
  lay_out(document_);
  return std::move(document_);
}

Status OdtReader::read_metadata() {
  constexpr const char* kMeta = "meta.xml";
  if (!archive_.has(kMeta)) return {};
  pugi::xml_document xml;
  HANOK_RETURN_IF_ERROR(parse(kMeta, xml));
  const pugi::xml_node meta = child_named(xml.document_element(), "meta");
  const auto text_of = [&](std::string_view name) {
    return std::string(trim(cleaned_text(inner_text(child_named(meta, name)))));
  };
  document_.metadata = {text_of("title"),
                        text_of("subject"),
                        text_of("initial-creator").empty() ? text_of("creator") : text_of("initial-creator"),
                        text_of("keyword"),
                        utc_of_iso_date(text_of("creation-date")),
                        utc_of_iso_date(text_of("date"))};
  return {};
}

// Headers, then footers, of all page styles; the same text once.
Status OdtReader::read_margins() {
  constexpr const char* kStyles = "styles.xml";
  if (!archive_.has(kStyles)) return {};
  pugi::xml_document xml;
  HANOK_RETURN_IF_ERROR(parse(kStyles, xml));
  for (const BlockKind kind : {BlockKind::kHeader, BlockKind::kFooter}) {
    const std::string_view wanted = kind == BlockKind::kHeader ? "header" : "footer";
    for (const pugi::xml_node& page : child_named(xml.document_element(), "master-styles").children()) {
      for (const pugi::xml_node& margin : page.children()) {
        if (!local_name(margin).starts_with(wanted)) continue;  // "header-left", "header-first" too
        std::vector<DocumentBlock> blocks;
        HANOK_RETURN_IF_ERROR(read_blocks(margin, 1, blocks));
        DocumentBlock block;
        block.kind = kind;
        block.text = text_of_blocks(std::move(blocks));
        const bool is_known =
            std::any_of(document_.blocks.begin(), document_.blocks.end(),
                        [&](const DocumentBlock& each) { return each.kind == kind && each.text == block.text; });
        if (!block.text.empty() && !is_known) document_.blocks.push_back(std::move(block));
      }
    }
  }
  return {};
}

Status OdtReader::read_blocks(const pugi::xml_node& parent, size_t depth, std::vector<DocumentBlock>& out) {
  if (depth > kMaxNesting) return too_deep(where_);
  for (const pugi::xml_node& child : parent.children()) {
    const std::string_view name = local_name(child);
    if (name == "p" || name == "h") {
      HANOK_RETURN_IF_ERROR(read_paragraph(child, depth, out));
    } else if (name == "list") {
      HANOK_RETURN_IF_ERROR(read_list(child, depth + 1, out));
    } else if (name == "table") {
      HANOK_RETURN_IF_ERROR(read_table(child, depth, out));
    } else if (name == "section" || name == "index-body" || name == "index-title" || name.ends_with("-index") ||
               name == "table-of-content" || name == "bibliography") {
      HANOK_RETURN_IF_ERROR(read_blocks(child, depth + 1, out));
    } else if (name == "tracked-changes") {
      for (const pugi::xml_node& region : child.children()) n_deletions_ += child_named(region, "deletion") ? 1 : 0;
    } else if (name == "frame") {  // anchored to the page
      ParagraphText text;
      HANOK_RETURN_IF_ERROR(read_inline_element(child, depth, text));
      text.finish(DocumentBlock{}, false, out);
    }
  }
  return {};
}

Status OdtReader::read_list(const pugi::xml_node& list, size_t depth, std::vector<DocumentBlock>& out) {
  for (const pugi::xml_node& item : list.children()) {
    const std::string_view name = local_name(item);
    if (name != "list-item" && name != "list-header") continue;
    item_mark_ = name == "list-item" ? "• " : "";
    HANOK_RETURN_IF_ERROR(read_blocks(item, depth, out));
    item_mark_.clear();
  }
  return {};
}

Status OdtReader::read_paragraph(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& out) {
  if (++n_blocks_ > kMaxBlocks) return too_many_blocks(where_);
  DocumentBlock block;
  const bool is_heading = local_name(node) == "h";
  if (is_heading && depth == 0) {
    block.kind = BlockKind::kHeading;
    block.level = static_cast<int>(std::clamp<int64_t>(number_attribute(node, "outline-level", 1), 1, 10));
  }
  std::string mark = std::exchange(item_mark_, {});
  std::vector<DocumentBlock> outer_notes = std::exchange(notes_, {});
  ParagraphText text;
  HANOK_RETURN_IF_ERROR(read_inline(node, depth, text));
  if (!trim(text.text).empty() && !is_heading) block.text = std::move(mark);
  n_text_bytes_ += text.text.size();  // repeated cells make much of little
  if (n_text_bytes_ > kMaxTotalBytes) return too_many_blocks(where_);
  text.finish(std::move(block), depth > 0, out);
  for (DocumentBlock& note : notes_) out.push_back(std::move(note));
  notes_ = std::move(outer_notes);
  return {};
}

// White space is folded as in HTML; more of it is written as elements.
void add_folded(std::string_view text, std::string& out) {
  for (const char c : cleaned_text(text)) {
    const bool is_space = c == ' ' || c == '\t' || c == '\n';
    if (!is_space)
      out += c;
    else if (!out.empty() && out.back() != ' ' && out.back() != '\n' && out.back() != '\t')
      out += ' ';
  }
}

Status OdtReader::read_inline(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      add_folded(child.value(), out.text);
    else
      HANOK_RETURN_IF_ERROR(read_inline_element(child, depth, out));
  }
  return {};
}

Status OdtReader::read_inline_element(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  if (depth > kMaxNesting) return too_deep(where_);
  const std::string_view name = local_name(node);
  if (name == "tab") {
    out.text += '\t';
  } else if (name == "line-break") {
    out.text += '\n';
  } else if (name == "s") {
    out.text.append(static_cast<size_t>(std::clamp<int64_t>(number_attribute(node, "c", 1), 1, 256)), ' ');
  } else if (name == "note") {
    return read_note(node, depth, out);
  } else if (name == "annotation") {
    return read_comment(node, depth, out);
  } else if (name == "a") {
    out.begin_link(cleaned_text(attribute(node, "href")));
    HANOK_RETURN_IF_ERROR(read_inline(node, depth, out));
    out.end_link();
  } else if (name == "text-box") {
    HANOK_RETURN_IF_ERROR(read_blocks(node, depth + 1, out.objects()));
  } else if (name != "title" && name != "desc" && name != "image" && name != "object" && name != "event-listeners" &&
             name != "ruby-text") {
    return read_inline(node, depth, out);  // spans, frames, shapes, fields
  }
  return {};
}

Status OdtReader::read_note(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  DocumentBlock note;
  note.kind = BlockKind::kNote;
  note.label = trim(cleaned_text(inner_text(child_named(node, "note-citation"))));
  out.call_note(note.label);
  std::vector<DocumentBlock> blocks;
  HANOK_RETURN_IF_ERROR(read_blocks(child_named(node, "note-body"), depth + 1, blocks));
  note.text = text_of_blocks(std::move(blocks));
  notes_.push_back(std::move(note));
  return {};
}

Status OdtReader::read_comment(const pugi::xml_node& node, size_t depth, ParagraphText& out) {
  DocumentBlock note;
  note.kind = BlockKind::kNote;
  note.label = fmt::format("m{}", ++n_comments_);
  std::vector<DocumentBlock> blocks;
  HANOK_RETURN_IF_ERROR(read_blocks(node, depth + 1, blocks));
  note.text = text_of_blocks(std::move(blocks));
  if (note.text.empty()) return {};
  out.call_note(note.label);
  notes_.push_back(std::move(note));
  return {};
}

Status OdtReader::read_table(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& out) {
  DocumentBlock block;
  block.kind = BlockKind::kTable;
  HANOK_RETURN_IF_ERROR(read_rows(node, depth + 1, 0, block.table));
  HANOK_RETURN_IF_ERROR(settle_table(block.table, where_));
  if (!block.table.cells.empty()) out.push_back(std::move(block));
  return {};
}

Status OdtReader::read_rows(const pugi::xml_node& parent, size_t depth, size_t n_groups, DocumentTable& table) {
  if (n_groups > kMaxNesting) return too_deep(where_);
  for (const pugi::xml_node& child : parent.children()) {
    const std::string_view name = local_name(child);
    if (name == "table-header-rows" || name == "table-rows" || name == "table-row-group") {
      HANOK_RETURN_IF_ERROR(read_rows(child, depth, n_groups + 1, table));
    } else if (name == "table-row") {
      const int64_t n_repeats = std::clamp<int64_t>(number_attribute(child, "number-rows-repeated", 1), 1, kMaxRepeats);
      for (int64_t i = 0; i < n_repeats; ++i) {
        HANOK_RETURN_IF_ERROR(read_row(child, depth, table));
        if (table.cells.size() > kMaxTableCells) return settle_table(table, where_);
      }
    }
  }
  return {};
}

Status OdtReader::read_row(const pugi::xml_node& node, size_t depth, DocumentTable& table) {
  uint32_t column = 0;
  for (const pugi::xml_node& child : node.children()) {
    const std::string_view name = local_name(child);
    if (name != "table-cell" && name != "covered-table-cell") continue;
    const int64_t n_repeats =
        std::clamp<int64_t>(number_attribute(child, "number-columns-repeated", 1), 1, kMaxRepeats);
    if (name == "covered-table-cell") column += static_cast<uint32_t>(n_repeats);
    for (int64_t i = 0; name == "table-cell" && i < n_repeats; ++i) {
      if (++n_blocks_ > kMaxBlocks) return too_many_blocks(where_);
      TableCell cell;
      cell.row = table.n_rows;
      cell.column = column++;
      cell.column_span =
          static_cast<uint32_t>(std::clamp<int64_t>(number_attribute(child, "number-columns-spanned", 1), 1, 1024));
      cell.row_span = static_cast<uint32_t>(
          std::clamp<int64_t>(number_attribute(child, "number-rows-spanned", 1), 1, kMaxTableSide));
      HANOK_RETURN_IF_ERROR(read_blocks(child, depth, cell.blocks));
      table.cells.push_back(std::move(cell));
      if (table.cells.size() > kMaxTableCells) return settle_table(table, where_);
    }
  }
  table.n_columns = std::max(table.n_columns, std::min(column, kMaxTableSide));
  ++table.n_rows;
  return {};
}

// LibreOffice 24.8 and later lock the whole document as one part.
Result<ReadDocument> read_locked_package(LockedParts& outer, const std::string& where) {
  HANOK_TRY(const std::string package, outer.read(kLockedPackage));
  HANOK_TRY(ZipArchive archive, ZipArchive::open(package, where));
  HANOK_TRY(LockedParts parts, LockedParts::open(archive, where, std::nullopt));
  return OdtReader(archive, std::move(parts), where).read();
}

}  // namespace

bool is_odt(ZipArchive& archive) {
  if (!archive.has("mimetype") || !(archive.has(kBody) || archive.has(kLockedPackage))) return false;
  const auto type = archive.read("mimetype");
  return type && trim(*type).starts_with("application/vnd.oasis.opendocument.text");
}

Result<ReadDocument> read_odt(ZipArchive& archive, const std::string& where, const ReadOptions& options) {
  HANOK_TRY(LockedParts parts, LockedParts::open(archive, where, options.password));
  if (!archive.has(kBody)) return read_locked_package(parts, where);
  return OdtReader(archive, std::move(parts), where).read();
}

}  // namespace hanok
