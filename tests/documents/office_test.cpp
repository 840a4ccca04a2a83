// XLSX, PPTX, ODT and EPUB files that the tests write themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/number_format.h"
#include "documents/office_writer.h"
#include "documents/ooxml.h"
#include "documents/reader.h"
#include "documents/sheet_table.h"

namespace hanok::testing {
namespace {

using ::testing::HasSubstr;

ReadDocument read(const Members& members, const std::string& format) {
  auto document = read_document(zipped(members), "a.bin");
  EXPECT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document ? document->format : "", format);
  return document ? std::move(*document) : ReadDocument{};
}

TEST(Xlsx, SheetsAreHeadingsWithTables) {
  const Members members = workbook(
      "<sheetData><row r=\"2\"><c r=\"B2\" t=\"s\"><v>0</v></c><c r=\"D2\" t=\"inlineStr\"><is><t>안</t></is></c></row>"
      "<row r=\"3\"><c r=\"B3\" s=\"1\"><v>45292</v></c><c t=\"b\"><v>1</v></c><c "
      "t=\"str\"><f>A1</f><v>글</v></c></row>"
      "<row r=\"4\"><c r=\"B4\" s=\"2\"><v>1234567.891</v></c><c r=\"C4\" t=\"e\"><v>#REF!</v></c><c "
      "r=\"D4\"><v>0.1</v></c></row>"
      "</sheetData><mergeCells><mergeCell ref=\"B2:C2\"/></mergeCells>",
      {{"xl/sharedStrings.xml", "<sst><si><r><t>제</t></r><r><t>목</t></r><rPh><t>x</t></rPh></si></sst>"},
       {"xl/styles.xml",
        "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"#,##0.0&quot;원&quot;\"/></numFmts>"
        "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"170\"/></cellXfs></styleSheet>"},
       {"xl/worksheets/_rels/sheet1.xml.rels", "<R>" + relation("c", "comments", "../comments1.xml") + "</R>"},
       {"xl/comments1.xml",
        "<comments><commentList><comment ref=\"B2\"><text><t>메모</t></text></comment></commentList></comments>"},
       {"docProps/core.xml", "<p><dc:title>책</dc:title><dcterms:created>2024-01-02T03:04:05Z</dcterms:created></p>"}});
  const ReadDocument document = read(members, "xlsx");
  ASSERT_EQ(document.blocks.size(), 3u);
  EXPECT_EQ(document.blocks[0].kind, BlockKind::kHeading);
  EXPECT_EQ(document.blocks[0].text, "매출 표");
  const DocumentTable& table = document.blocks[1].table;
  EXPECT_EQ(table.n_rows, 3u);
  EXPECT_EQ(table.n_columns, 3u);
  EXPECT_EQ(table.cells[0].column_span, 2u);
  EXPECT_EQ(document.text, "매출 표\n\n제목\t안\n2024-01-01\tTRUE\t글\n1,234,567.9원\t#REF!\t0.1\n\n메모\n");
  EXPECT_EQ(document.blocks[2].label, "B2");
  EXPECT_EQ(document.blocks[1].page.number, 1);
  EXPECT_EQ(document.metadata.title, "책");
  EXPECT_EQ(document.metadata.created, "2024-01-02T03:04:05Z");
}

TEST(Xlsx, HostileSheetsStaySmall) {
  const ReadDocument far =
      read(workbook("<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\">"
                    "<c r=\"XFD1048576\"><v>2</v></c><c r=\"XFE1\"><v>3</v></c></row></sheetData>"
                    "<mergeCells><mergeCell ref=\"A1:XFD1048576\"/><mergeCell ref=\"B1:A1\"/></mergeCells>"),
           "xlsx");
  EXPECT_LE(far.blocks[1].table.cells.size(), 2u);
  std::string cells;
  for (int i = 0; i < 200000; ++i) cells += "<c t=\"s\"><v>0</v></c>";
  const std::string sheet = "<sheetData><row>" + cells + "</row></sheetData>";
  const auto bomb = read_document(
      zipped(workbook(sheet,
                      {{"xl/sharedStrings.xml", "<sst><si><t>" + std::string(3'000'000, 'x') + "</t></si></sst>"}})),
      "a");
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().kind, ErrorKind::kLimit);
}

TEST(SheetTable, NamesOfCells) {
  uint32_t row = 0, column = 0;
  EXPECT_TRUE(read_cell_name("AB12", row, column));
  EXPECT_EQ(row, 11u);
  EXPECT_EQ(column, 27u);
  for (const char* name : {"", "A", "1", "A0", "a1", "AAAA1", "XFE1", "A1048577", "A1 ", "A99999999999"})
    EXPECT_FALSE(read_cell_name(name, row, column)) << name;
}

TEST(NumberFormat, ShowsWhatTheSheetShows) {
  const auto shown = [](double value, const char* format) { return format_cell_number(value, format, false); };
  EXPECT_EQ(shown(0.1 + 0.2, ""), "0.3");
  EXPECT_EQ(shown(-1234.5, "General"), "-1234.5");
  EXPECT_EQ(shown(1e20, "#,##0"), "1e+20");
  EXPECT_EQ(shown(1234567, "#,##0"), "1,234,567");
  EXPECT_EQ(shown(-123456, "#,##0;[Red]-#,##0"), "-123,456");
  EXPECT_EQ(shown(0.1234, "0.0%"), "12.3%");
  EXPECT_EQ(shown(-0.001, "0.00"), "0.00");
  EXPECT_EQ(shown(5000, "[$₩-412]#,##0"), "₩5,000");
  EXPECT_EQ(shown(1234567, "#,##0,"), "1234567") << "shown in thousands, but the number itself is what counts";
  EXPECT_EQ(shown(0.5, "# ?/?"), "0.5");
  EXPECT_EQ(shown(45292, "yyyy\"년\" m\"월\" d\"일\""), "2024-01-01");
  EXPECT_EQ(shown(45292, "mmm"), "2024-01-01");
  EXPECT_EQ(shown(45292.75, "yyyy-mm-dd hh:mm"), "2024-01-01 18:00:00");
  EXPECT_EQ(shown(0.75, "[h]:mm:ss"), "18:00:00");
  EXPECT_EQ(shown(-5, "yyyy-mm-dd"), "-5");
  EXPECT_EQ(shown(3, "@"), "3");
  EXPECT_EQ(shown(3, "\"글"), "3");
}

TEST(Ooxml, TargetsAreResolvedAgainstTheirPart) {
  EXPECT_EQ(resolve_target("xl/worksheets/a.xml", "../b.xml"), "xl/b.xml");
  EXPECT_EQ(resolve_target("xl/a.xml", "/c/b.xml"), "c/b.xml");
  EXPECT_EQ(resolve_target("a.xml", "../../../b.xml"), "b.xml");
}

std::string shape(const std::string& type, const std::string& text) {
  const std::string holder =
      type.empty() ? "" : "<p:ph" + (type == "body" ? std::string() : " type=\"" + type + "\"") + "/>";
  return "<p:sp><p:nvSpPr><p:nvPr>" + holder + "</p:nvPr></p:nvSpPr><p:txBody>" + text + "</p:txBody></p:sp>";
}

std::string paragraph(const std::string& text) {
  return "<a:p><a:r><a:t>" + text + "</a:t></a:r></a:p>";
}

TEST(Pptx, SlidesArePages) {
  const std::string table = "<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr><a:tc gridSpan=\"2\"><a:txBody>" +
                            paragraph("가") + "</a:txBody></a:tc><a:tc hMerge=\"1\"/></a:tr><a:tr><a:tc><a:txBody>" +
                            paragraph("나") + "</a:txBody></a:tc><a:tc><a:txBody>" + paragraph("다") +
                            "</a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>";
  const auto slide = [](const std::string& shapes) {
    return "<p:sld><p:cSld><p:spTree>" + shapes + "</p:spTree></p:cSld></p:sld>";
  };
  const ReadDocument document = read(
      {{"ppt/presentation.xml",
        "<p:presentation xmlns:r=\"r\"><p:sldIdLst><p:sldId id=\"256\" r:id=\"b\"/><p:sldId id=\"257\" r:id=\"a\"/>"
        "</p:sldIdLst></p:presentation>"},
       {"ppt/_rels/presentation.xml.rels",
        "<R>" + relation("a", "slide", "slides/slide1.xml") + relation("b", "slide", "slides/slide2.xml") + "</R>"},
       {"ppt/slides/slide2.xml", slide(shape("sldNum", paragraph("1")) + "<p:grpSp>" + shape("", paragraph("상자")) +
                                       "</p:grpSp>" + shape("ctrTitle", paragraph("제목")))},
       {"ppt/slides/slide1.xml",
        slide(table + shape("body",
                            "<a:p><a:r><a:rPr><a:hlinkClick "
                            "r:id=\"l\"/></a:rPr><a:t>링크</a:t></a:r><a:br/><a:fld><a:t>x</a:t></a:fld></a:p>"))},
       {"ppt/slides/_rels/slide1.xml.rels",
        "<R>" + relation("l", "hyperlink", "http://hanok.kr", "TargetMode=\"External\"") +
            relation("n", "notesSlide", "../notesSlides/n1.xml") + "</R>"},
       {"ppt/notesSlides/n1.xml",
        slide(shape("body", paragraph("메모 하나") + paragraph("둘")) + shape("sldNum", paragraph("9")))}},
      "pptx");
  EXPECT_EQ(document.text, "제목\n\n상자\n\n가\n나\t다\n\n링크\nx\n\n메모 하나\n둘\n");
  EXPECT_EQ(document.n_pages, 2);
  EXPECT_EQ(document.blocks[0].kind, BlockKind::kHeading);
  EXPECT_EQ(document.blocks[1].page.number, 1);
  EXPECT_EQ(document.blocks[2].page.number, 2);
  EXPECT_EQ(document.blocks[2].table.cells[0].column_span, 2u);
  ASSERT_EQ(document.blocks[3].marks.size(), 1u);
  EXPECT_EQ(document.blocks[3].marks[0].target, "http://hanok.kr");
  EXPECT_EQ(document.blocks[4].kind, BlockKind::kNote);
}

Members text_document(const std::string& inside, Members more = {}) {
  more["mimetype"] = "application/vnd.oasis.opendocument.text";
  more["content.xml"] = "<office:document-content><office:body><office:text>" + inside +
                        "</office:text></office:body></office:document-content>";
  return more;
}

TEST(Odt, TextTablesNotesAndMargins) {
  const ReadDocument document = read(
      text_document(
          "<text:tracked-changes><text:changed-region><text:deletion><text:p>지움</text:p></text:deletion></"
          "text:changed-region>"
          "</text:tracked-changes><text:h text:outline-level=\"2\">제목</text:h>"
          "<text:p>글  <text:span>하나</text:span>\n<text:s "
          "text:c=\"2\"/>둘<text:note><text:note-citation>1</text:note-citation>"
          "<text:note-body><text:p>각주</text:p></text:note-body></text:note><office:annotation><text:p>메모</text:p>"
          "</office:annotation><text:a "
          "xlink:href=\"http://hanok.kr\">한옥</text:a><draw:frame><draw:text-box><text:p>상자</text:p>"
          "</draw:text-box></draw:frame></text:p>"
          "<text:list><text:list-item><text:p>가</text:p><text:list><text:list-item><text:p>나</text:p></"
          "text:list-item></text:list>"
          "</text:list-item></text:list>"
          "<table:table><table:table-header-rows><table:table-row><table:table-cell table:number-columns-spanned=\"2\">"
          "<text:p>머리</text:p></table:table-cell><table:covered-table-cell/></table:table-row></"
          "table:table-header-rows>"
          "<table:table-row><table:table-cell "
          "table:number-columns-repeated=\"2\"><text:p>칸</text:p></table:table-cell>"
          "</table:table-row></table:table>",
          {{"styles.xml",
            "<s><office:master-styles><style:master-page><style:footer><text:p>바닥글</text:p></style:footer>"
            "<style:header><text:p>머리글</text:p></style:header><style:header-left><text:p>머리글</text:p>"
            "</style:header-left></style:master-page></office:master-styles></s>"},
           {"meta.xml",
            "<m><office:meta><dc:title>책</dc:title><meta:initial-creator>김</meta:initial-creator></office:meta></"
            "m>"}}),
      "odt");
  EXPECT_EQ(document.text,
            "머리글\n\n제목\n\n글 하나   둘한옥\n\n상자\n\n각주\n\n메모\n\n• 가\n\n• 나\n\n머리\n칸\t칸\n\n바닥글\n");
  EXPECT_EQ(document.blocks[1].level, 2);
  EXPECT_EQ(document.blocks[4].kind, BlockKind::kNote);
  EXPECT_EQ(document.metadata.author, "김");
  ASSERT_EQ(document.warnings.size(), 1u);
}

TEST(Odt, RepeatedCellsAreBounded) {
  std::string nested = "<text:p>가</text:p>";
  for (int i = 0; i < 8; ++i)
    nested =
        "<table:table><table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell "
        "table:number-columns-repeated=\"1000000\">" +
        nested + "</table:table-cell></table:table-row></table:table>";
  const auto document = read_document(zipped(text_document(nested)), "a");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kLimit);
}

Members book(Members more = {}) {
  more["mimetype"] = "application/epub+zip";
  more["META-INF/container.xml"] =
      "<container><rootfiles><rootfile full-path=\"OEBPS/a.opf\"/></rootfiles></container>";
  more["OEBPS/a.opf"] =
      "<package><metadata><dc:title>책</dc:title><dc:creator>김</dc:creator></metadata><manifest>"
      "<item id=\"1\" href=\"text/one%20page.xhtml\" media-type=\"application/xhtml+xml\"/>"
      "<item id=\"2\" href=\"two.xhtml\" media-type=\"application/xhtml+xml\"/><item id=\"3\" href=\"a.css\" "
      "media-type=\"text/css\"/>"
      "</manifest><spine><itemref idref=\"2\"/><itemref idref=\"1\"/><itemref idref=\"3\"/></spine></package>";
  more["OEBPS/two.xhtml"] =
      "<?xml version=\"1.0\"?><html><head><title>x</title></head><body><h1>장</h1><p>글<a epub:type=\"noteref\" "
      "href=\"#n1\">1</a></p><aside epub:type=\"footnote\" id=\"n1\"><p>각주</p></aside><p/></body></html>";
  more["OEBPS/text/one page.xhtml"] = "<html><body><p>뒤</p></body></html>";
  return more;
}

TEST(Epub, PagesInTheOrderOfTheBook) {
  const ReadDocument document = read(book(), "epub");
  EXPECT_EQ(document.text, "장\n\n글1\n\n각주\n\n뒤\n");
  EXPECT_EQ(document.metadata.title, "책");
  EXPECT_EQ(document.blocks[2].kind, BlockKind::kNote);
  EXPECT_EQ(document.blocks[2].label, "n1");
  ASSERT_EQ(document.blocks[1].marks.size(), 1u);
  EXPECT_EQ(document.blocks[1].marks[0].target, "n1");
}

TEST(Epub, LockedBooksAreRefusedScrambledFontsAreNot) {
  const auto encryption = [](const std::string& method) {
    return Members{{"META-INF/encryption.xml", "<encryption><enc:EncryptedData><enc:EncryptionMethod Algorithm=\"" +
                                                   method + "\"/></enc:EncryptedData></encryption>"}};
  };
  const auto locked = read_document(zipped(book(encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc"))), "a");
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().kind, ErrorKind::kProtected);
  EXPECT_THAT(read(book(encryption("http://www.idpf.org/2008/embedding")), "epub").text, HasSubstr("글1"));
}

}  // namespace
}  // namespace hanok::testing
