// Stories as DOCX.
#include "documents/office_writer.h"
#include "documents/story.h"

namespace hanok::testing {
namespace {

// The document's parts while its paragraphs are written.
class DocxWriter {
 public:
  std::string list_of(const StoryText& text) {
    std::string out;
    for (const StoryParagraph& story : text) out += paragraph_of(story);
    return out;
  }
  Members members(const std::string& body) {
    const std::string names =
        "<w:style w:type=\"paragraph\" w:styleId=\"1\"><w:name w:val=\"heading 1\"/></w:style>"
        "<w:style w:type=\"paragraph\" w:styleId=\"2\"><w:name w:val=\"heading 2\"/></w:style>";
    Members out = {
        {"word/document.xml", docx_body(body)},
        {"word/styles.xml", part("styles", names)},
        {"_rels/.rels", relations(relation("d", "officeDocument", "word/document.xml"))},
        {"[Content_Types].xml",
         "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
         "<Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"}};
    std::string links = relation("s", "styles", "styles.xml");
    const auto add = [&](const std::string& type, const std::string& file, const std::string& content) {
      out["word/" + file] = content;
      links += relation(type, type, file);
    };
    if (!footnotes_.empty()) add("footnotes", "footnotes.xml", part("footnotes", footnotes_));
    if (!endnotes_.empty()) add("endnotes", "endnotes.xml", part("endnotes", endnotes_));
    if (!header_.empty()) add("header", "header1.xml", part("hdr", header_));
    if (!footer_.empty()) add("footer", "footer1.xml", part("ftr", footer_));
    out["word/_rels/document.xml.rels"] = relations(links);
    return out;
  }

 private:
  static std::string part(const std::string& name, const std::string& inside) {
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:{0} "
        "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">{1}</w:{0}>",
        name, inside);
  }
  static std::string text_of(std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '\t') {
        out += "</w:t><w:tab/><w:t xml:space=\"preserve\">";
      } else if (c == '\n') {
        out += "</w:t><w:br/><w:t xml:space=\"preserve\">";
      } else if (c == '<') {
        out += "&lt;";
      } else if (c == '&') {
        out += "&amp;";
      } else {
        out += c;
      }
    }
    return docx_run("<w:t xml:space=\"preserve\">" + out + "</w:t>");
  }
  std::string note_of(const StoryObject& object, const char* name, std::string& notes, int& n_notes) {
    const int id = ++n_notes;
    notes += fmt::format("<w:{0} w:id=\"{1}\">{2}</w:{0}>", name, id, list_of(object.inside));
    return docx_run(fmt::format("<w:{}Reference w:id=\"{}\"/>", name, id));
  }
  std::string table_of(const StoryObject& object) {
    std::string rows;
    for (uint16_t row = 0; row < object.n_rows; ++row) {
      rows += "<w:tr>";
      for (const StoryCell& cell : object.cells) rows += cell_in_row(cell, row);
      rows += "</w:tr>";
    }
    return "<w:tbl><w:tblPr/><w:tblGrid/>" + rows + "</w:tbl>";
  }
  std::string cell_in_row(const StoryCell& cell, uint16_t row) {
    if (row < cell.at.row || row >= cell.at.row + cell.at.row_span) return "";
    std::string properties;
    if (cell.at.column_span > 1) properties += fmt::format("<w:gridSpan w:val=\"{}\"/>", cell.at.column_span);
    if (row > cell.at.row) return docx_cell(properties + "<w:vMerge/>", docx_paragraph(""));
    if (cell.at.row_span > 1) properties += "<w:vMerge w:val=\"restart\"/>";
    return docx_cell(properties, list_of(cell.inside));
  }
  std::string paragraph_of(const StoryParagraph& story) {
    using Kind = StoryObject::Kind;
    std::string runs = text_of(story.text), behind;
    for (const StoryObject& object : story.objects) {
      if (object.kind == Kind::kFootnote) runs += note_of(object, "footnote", footnotes_, n_footnotes_);
      if (object.kind == Kind::kEndnote) runs += note_of(object, "endnote", endnotes_, n_endnotes_);
      if (object.kind == Kind::kHeader) header_ += list_of(object.inside);
      if (object.kind == Kind::kFooter) footer_ += list_of(object.inside);
      if (object.kind == Kind::kBox)
        runs += docx_run("<w:pict><w:txbxContent>" + list_of(object.inside) + "</w:txbxContent></w:pict>");
      if (object.kind == Kind::kTable) behind += table_of(object);
    }
    const bool is_empty = story.text.empty() && !behind.empty();
    return (is_empty ? "" : docx_paragraph(runs, style_of(story.shape))) + behind;
  }
  static std::string style_of(StoryShape shape) {
    return shape == StoryShape::kChapter ? "1" : shape == StoryShape::kArticle ? "2" : "";
  }

  std::string footnotes_, endnotes_, header_, footer_;
  int n_footnotes_ = 0, n_endnotes_ = 0;
};

}  // namespace

std::string docx_of(const Story& story) {
  DocxWriter writer;
  std::string body;
  for (const StoryText& text : story) body += writer.list_of(text);
  return zipped(writer.members(body));
}

}  // namespace hanok::testing
