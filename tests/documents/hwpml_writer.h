// A small HWPML document for tests: a heading, a note, a table with a caption, a box.
#pragma once

#include <string>

namespace hanok::testing {

inline std::string hwpml_example() {
  const auto p = [](const std::string& inside, const std::string& attributes = "") {
    return "<P " + attributes + "><TEXT>" + inside + "</TEXT></P>";
  };
  const auto chars = [](const std::string& text) { return "<CHAR>" + text + "</CHAR>"; };
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><HWPML "
         "Version=\"2.8\"><HEAD><DOCSUMMARY><TITLE>제목</TITLE></DOCSUMMARY>"
         "<MAPPINGTABLE><STYLELIST><STYLE Id=\"3\" Name=\"개요 2\"/></STYLELIST></MAPPINGTABLE></HEAD><BODY><SECTION>" +
         p(chars("머리"), "Style=\"3\"") +
         p(chars("가<TAB/>나<LINEBREAK/>다") + "<FOOTNOTE><PARALIST>" + p(chars("각주")) + "</PARALIST></FOOTNOTE>",
           "PageBreak=\"true\"") +
         p("<TABLE RowCount=\"1\" ColCount=\"3\"><SHAPEOBJECT><CAPTION><PARALIST>" +
           p(chars("표 ") + "<AUTONUM Number=\"1\" NumberType=\"Table\"/>") +
           "</PARALIST></CAPTION></SHAPEOBJECT><ROW><CELL ColAddr=\"0\" RowAddr=\"0\" ColSpan=\"2\" "
           "RowSpan=\"1\"><PARALIST>" +
           p(chars("칸")) + "</PARALIST></CELL><CELL ColAddr=\"2\" RowAddr=\"0\"><PARALIST>" + p("") +
           "</PARALIST></CELL></ROW></TABLE>") +
         p("<RECTANGLE><SHAPEOBJECT/><DRAWINGOBJECT><DRAWTEXT><PARALIST>" + p(chars("상자")) +
           "</PARALIST></DRAWTEXT></DRAWINGOBJECT></RECTANGLE>") +
         "</SECTION></BODY></HWPML>";
}

}  // namespace hanok::testing
