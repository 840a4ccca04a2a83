// Stories as HWPX, with the parts that Hangul writes.
#include "documents/hwpx_writer.h"
#include "documents/story.h"

namespace hanok::testing {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string text_of(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\t') {
      out += "<hp:tab width=\"4000\"/>";
    } else if (text[i] == '\n') {
      out += "<hp:lineBreak/>";
    } else if (text.substr(i).starts_with("\xC2\xA0")) {
      out += "<hp:nbSpace/>";
      ++i;
    } else {
      out += escaped(text.substr(i, 1));
    }
  }
  return "<hp:t>" + out + "</hp:t>";
}

std::string list_of(const StoryText& text);

std::string sub_list(const StoryText& text) {
  return "<hp:subList id=\"\" textDirection=\"HORIZONTAL\" vertAlign=\"TOP\">" + list_of(text) + "</hp:subList>";
}

std::string caption_of(const StoryObject& object) {
  if (object.caption.empty()) return "";
  const bool is_table = object.kind == StoryObject::Kind::kTable;
  return hwpx_caption(
      hwpx_paragraph(text_of(object.caption) + hwpx_number(is_table ? "TABLE" : "PICTURE", object.caption_number),
                     "paraPrIDRef=\"0\" styleIDRef=\"0\""),
      object.is_caption_above ? "TOP" : "BOTTOM");
}

std::string table_of(const StoryObject& object) {
  std::string rows;
  for (int row = 0; row < object.n_rows; ++row) {
    rows += "<hp:tr>";
    for (const StoryCell& cell : object.cells)
      if (cell.at.row == row)
        rows += hwpx_cell({cell.at.row, cell.at.column, cell.at.row_span, cell.at.column_span}, list_of(cell.inside));
    rows += "</hp:tr>";
  }
  return fmt::format("<hp:tbl id=\"1\" numberingType=\"TABLE\" rowCnt=\"{}\" colCnt=\"{}\">{}{}</hp:tbl>",
                     object.n_rows, object.n_columns, caption_of(object), rows);
}

std::string object_of(const StoryObject& object) {
  using Kind = StoryObject::Kind;
  const auto control = [&](const std::string& name, const std::string& attributes) {
    return fmt::format("<hp:ctrl><hp:{0} {1}>{2}</hp:{0}></hp:ctrl>", name, attributes, sub_list(object.inside));
  };
  switch (object.kind) {
    case Kind::kFootnote:
      return control("footNote", "number=\"1\"");
    case Kind::kEndnote:
      return control("endNote", "number=\"1\"");
    case Kind::kHeader:
      return control("header", "id=\"1\" applyPageType=\"BOTH\"");
    case Kind::kFooter:
      return control("footer", "id=\"2\" applyPageType=\"BOTH\"");
    case Kind::kBox:
      return "<hp:rect id=\"3\" numberingType=\"PICTURE\"><hp:drawText>" + sub_list(object.inside) + "</hp:drawText>" +
             caption_of(object) + "</hp:rect>";
    case Kind::kEquation:
      return "<hp:equation id=\"4\" version=\"Equation Version 60\"><hp:script>" + escaped(object.script) +
             "</hp:script></hp:equation>";
    case Kind::kTable:
      break;
  }
  return table_of(object);
}

std::string paragraph_of(const StoryParagraph& story, int vertical, const std::string& before = "") {
  std::string inside = before + text_of(story.text);
  for (const StoryObject& object : story.objects) inside += object_of(object);
  return hwpx_paragraph(inside,
                        fmt::format("id=\"0\" paraPrIDRef=\"{}\" styleIDRef=\"0\" pageBreak=\"{}\"",
                                    static_cast<int>(story.shape), story.breaks_page ? 1 : 0),
                        hwpx_line(vertical));
}

std::string list_of(const StoryText& text) {
  std::string out;
  int vertical = 0;
  for (const StoryParagraph& story : text) {
    out += paragraph_of(story, vertical);
    vertical += static_cast<int>(kStoryLine);
  }
  return out;
}

std::string section_of(const StoryText& text) {
  const std::string definition =
      "<hp:secPr id=\"\" outlineShapeIDRef=\"1\" spaceColumns=\"1134\" tabStop=\"8000\"><hp:pagePr "
      "landscape=\"WIDELY\" width=\"59528\" height=\"84188\"><hp:margin header=\"4252\" footer=\"4252\" left=\"8504\" "
      "right=\"8504\" top=\"5668\" bottom=\"4252\"/></hp:pagePr></hp:secPr><hp:ctrl><hp:colPr type=\"NEWSPAPER\" "
      "colCount=\"1\"/></hp:ctrl>";
  std::string out;
  int vertical = 0;
  for (const StoryParagraph& story : text) {
    if (story.breaks_page) vertical = 0;
    out += paragraph_of(story, vertical, out.empty() ? definition : "");
    vertical += static_cast<int>(kStoryLine);
  }
  return hwpx_section(out);
}

std::string numbering(int id, const StoryNumbering (&levels)[2]) {
  std::string heads;
  for (int i = 0; i < 2; ++i)
    heads += fmt::format("<hh:paraHead start=\"1\" level=\"{}\" numFormat=\"{}\">{}</hh:paraHead>", i + 1,
                         levels[i].is_hangul ? "HANGUL_SYLLABLE" : "DIGIT", levels[i].pattern_utf8);
  return fmt::format("<hh:numbering id=\"{}\" start=\"0\">{}</hh:numbering>", id, heads);
}

std::string shape(int id, const char* type, int numbering_id, int level) {
  return fmt::format(
      "<hh:paraPr id=\"{}\" tabPrIDRef=\"0\"><hh:heading type=\"{}\" idRef=\"{}\" level=\"{}\"/></hh:paraPr>", id, type,
      numbering_id, level);
}

std::string header() {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><hh:head xmlns:hh=\"http://www.hancom.co.kr/hwpml/2011/head\" "
         "version=\"1.4\" secCnt=\"1\"><hh:refList><hh:charProperties itemCnt=\"1\"><hh:charPr id=\"0\" "
         "height=\"1000\" textColor=\"#000000\"/></hh:charProperties><hh:numberings itemCnt=\"2\">" +
         numbering(1, kOutlineNumbers) + numbering(2, kListNumbers) +
         "</hh:numberings><hh:bullets itemCnt=\"1\"><hh:bullet id=\"1\" char=\"●\"/></hh:bullets>"
         "<hh:paraProperties itemCnt=\"6\">" +
         shape(0, "NONE", 0, 0) + shape(1, "OUTLINE", 0, 0) + shape(2, "OUTLINE", 0, 1) + shape(3, "NUMBER", 2, 0) +
         shape(4, "NUMBER", 2, 1) + shape(5, "BULLET", 1, 0) +
         "</hh:paraProperties><hh:styles itemCnt=\"1\"><hh:style id=\"0\" type=\"PARA\" name=\"바탕글\" "
         "engName=\"Normal\" paraPrIDRef=\"0\" charPrIDRef=\"0\"/></hh:styles></hh:refList></hh:head>";
}

std::string package(size_t n_sections) {
  std::string items, spine;
  for (size_t i = 0; i < n_sections; ++i) {
    items +=
        fmt::format("<opf:item id=\"section{0}\" href=\"Contents/section{0}.xml\" media-type=\"application/xml\"/>", i);
    spine += fmt::format("<opf:itemref idref=\"section{}\" linear=\"yes\"/>", i);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><opf:package xmlns:opf=\"http://www.idpf.org/2007/opf/\">"
         "<opf:metadata><opf:title/></opf:metadata><opf:manifest><opf:item id=\"header\" href=\"Contents/header.xml\" "
         "media-type=\"application/xml\"/>" +
         items + "</opf:manifest><opf:spine>" + spine + "</opf:spine></opf:package>";
}

}  // namespace

Members hwpx_members_of(const Story& story) {
  Members members = {
      {"mimetype", "application/hwp+zip"},
      {"version.xml",
       "<?xml version=\"1.0\" encoding=\"UTF-8\"?><hv:HCFVersion "
       "xmlns:hv=\"http://www.hancom.co.kr/hwpml/2011/version\" major=\"5\" minor=\"1\"/>"},
      {"META-INF/container.xml",
       "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ocf:container "
       "xmlns:ocf=\"urn:oasis:names:tc:opendocument:xmlns:container\"><ocf:rootfiles><ocf:rootfile "
       "full-path=\"Contents/content.hpf\" media-type=\"application/hwpml-package+xml\"/></ocf:rootfiles>"
       "</ocf:container>"},
      {"Contents/header.xml", header()},
      {"Contents/content.hpf", package(story.size())}};
  for (size_t i = 0; i < story.size(); ++i) members[fmt::format("Contents/section{}.xml", i)] = section_of(story[i]);
  return members;
}

std::string hwpx_of(const Story& story) {
  return zipped(hwpx_members_of(story));
}

}  // namespace hanok::testing
