// Writes small HWPX documents for tests: paragraphs, sections, and the archive around them.
#pragma once

#include <string>

#include <fmt/format.h>

#include "documents/zip_writer.h"

namespace hanok::testing {

inline std::string hwpx_section(const std::string& paragraphs) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><hs:sec "
         "xmlns:hs=\"http://www.hancom.co.kr/hwpml/2011/section\" "
         "xmlns:hp=\"http://www.hancom.co.kr/hwpml/2011/paragraph\">" +
         paragraphs + "</hs:sec>";
}

inline std::string hwpx_line(int vertical) {
  return fmt::format("<hp:lineseg vertpos=\"{}\" horzpos=\"0\"/>", vertical);
}

inline std::string hwpx_paragraph(const std::string& inside, const std::string& attributes = "",
                                  const std::string& lines = hwpx_line(0)) {
  return "<hp:p " + attributes + "><hp:run charPrIDRef=\"0\">" + inside + "</hp:run><hp:linesegarray>" + lines +
         "</hp:linesegarray></hp:p>";
}

struct HwpxPlace {
  int row, column, row_span, column_span;
};
inline std::string hwpx_cell(const HwpxPlace& at, const std::string& paragraphs) {
  return fmt::format(
      "<hp:tc><hp:subList>{}</hp:subList><hp:cellAddr colAddr=\"{}\" rowAddr=\"{}\"/><hp:cellSpan colSpan=\"{}\" "
      "rowSpan=\"{}\"/></hp:tc>",
      paragraphs, at.column, at.row, at.column_span, at.row_span);
}

// A number that Hangul counts, of type TABLE or PICTURE.
inline std::string hwpx_number(const std::string& type, int number) {
  return fmt::format("<hp:ctrl><hp:autoNum num=\"{}\" numType=\"{}\"/></hp:ctrl>", number, type);
}

inline std::string hwpx_caption(const std::string& paragraphs, const std::string& side = "BOTTOM") {
  return "<hp:caption side=\"" + side + "\"><hp:subList>" + paragraphs + "</hp:subList></hp:caption>";
}

// Without a manifest, as some writers leave it.
inline std::string hwpx(const std::string& paragraphs, const Members& more = {}) {
  Members members = {{"mimetype", "application/hwp+zip"}, {"Contents/section0.xml", hwpx_section(paragraphs)}};
  for (const auto& [name, text] : more) members[name] = text;
  return zipped(members);
}

}  // namespace hanok::testing
