// Writes small DOCX and XLSX documents for tests.
#pragma once

#include <string>

#include <fmt/format.h>

#include "documents/zip_writer.h"

namespace hanok::testing {

inline std::string docx_body(const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document "
         "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" "
         "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" "
         "xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"><w:body>" +
         inside + "</w:body></w:document>";
}

inline std::string docx_run(const std::string& inside) {
  return "<w:r>" + inside + "</w:r>";
}

inline std::string docx_paragraph(const std::string& runs, const std::string& style = "") {
  return "<w:p>" + (style.empty() ? "" : "<w:pPr><w:pStyle w:val=\"" + style + "\"/></w:pPr>") + runs + "</w:p>";
}

inline std::string docx_cell(const std::string& properties, const std::string& paragraphs) {
  return "<w:tc><w:tcPr>" + properties + "</w:tcPr>" + paragraphs + "</w:tc>";
}

inline std::string relation(const std::string& id, const std::string& type, const std::string& target,
                            const std::string& more = "") {
  return "<Relationship Id=\"" + id + "\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/" +
         type + "\" Target=\"" + target + "\" " + more + "/>";
}

inline std::string relations(const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Relationships "
         "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">" +
         inside + "</Relationships>";
}

// Of one sheet.
inline Members workbook(const std::string& sheet, Members more = {}) {
  more["xl/workbook.xml"] =
      "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet "
      "name=\"매출 표\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";
  more["xl/_rels/workbook.xml.rels"] = relations(relation("r1", "worksheet", "worksheets/sheet1.xml"));
  more["xl/worksheets/sheet1.xml"] = "<worksheet>" + sheet + "</worksheet>";
  return more;
}

}  // namespace hanok::testing
