#include "documents/pdf_layout.h"

#include <charconv>
#include <utility>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/dates.h"
#include "documents/flow.h"
#include "documents/limits.h"
#include "documents/page_layout.h"
#include "documents/xml.h"

namespace hanok {
namespace {

double decimal_attribute(const pugi::xml_node& node, const char* name) {
  const std::string_view text = attribute(node, name);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

LayoutLine read_line(const pugi::xml_node& node) {
  LayoutLine line{decimal_attribute(node, "yMin"), decimal_attribute(node, "yMax"), {}};
  for (const pugi::xml_node& word : node.children("word")) {
    std::string text(trim(cleaned_text(inner_text(word))));
    if (text.empty()) continue;
    line.words.push_back({std::move(text), decimal_attribute(word, "xMin"), decimal_attribute(word, "xMax")});
  }
  return line;
}

PdfPage read_page(const pugi::xml_node& node) {
  PdfPage page{decimal_attribute(node, "width"), decimal_attribute(node, "height"), {}};
  for (const pugi::xml_node& flow : node.children("flow")) {
    for (const pugi::xml_node& block : flow.children("block")) {
      std::vector<LayoutLine> lines;
      for (const pugi::xml_node& line : block.children("line")) lines.push_back(read_line(line));
      if (std::string text = text_of_lines(lines); !text.empty()) page.paragraphs.push_back(std::move(text));
    }
  }
  return page;
}

DocumentMetadata read_metadata(const pugi::xml_node& head) {
  DocumentMetadata out;
  out.title = trim(cleaned_text(inner_text(head.child("title"))));
  for (const pugi::xml_node& meta : head.children("meta")) {
    const std::string_view name = attribute(meta, "name");
    std::string value(trim(cleaned_text(attribute(meta, "content"))));
    if (name == "Subject")
      out.subject = std::move(value);
    else if (name == "Author")
      out.author = std::move(value);
    else if (name == "Keywords")
      out.keywords = std::move(value);
    else if (name == "CreationDate")
      out.created = utc_of_iso_date(value);
    else if (name == "ModDate" || name == "LastModifiedDate")
      out.modified = utc_of_iso_date(value);
  }
  return out;
}

}  // namespace

Result<PdfText> read_pdf_layout(const std::string& xml, const std::string& where) {
  pugi::xml_document parsed;
  HANOK_RETURN_IF_ERROR(parse_xml(parsed, xml, where));
  const pugi::xml_node html = parsed.child("html");
  const pugi::xml_node doc = html.child("body").child("doc");
  if (!doc)
    return fail(ErrorKind::kCorruptFile,
                in_language("pdftotext의 결과를 알 수 없습니다", "unknown output of pdftotext"), where, "<doc>");
  PdfText out;
  out.metadata = read_metadata(html.child("head"));
  size_t n_blocks = 0;
  for (const pugi::xml_node& page : doc.children("page")) {
    out.pages.push_back(read_page(page));
    n_blocks += out.pages.back().paragraphs.size() + 1;
    if (n_blocks > kMaxBlocks) return too_many_blocks(where);
  }
  return out;
}

}  // namespace hanok
