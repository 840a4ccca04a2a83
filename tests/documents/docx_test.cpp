// DOCX documents that the tests write themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/office_writer.h"
#include "documents/reader.h"

namespace hanok::testing {
namespace {

ReadDocument read(const std::string& inside, Members more = {}) {
  more["word/document.xml"] = docx_body(inside);
  auto document = read_document(zipped(more), "a.bin");
  EXPECT_TRUE(document) << document.error().to_string();
  return document ? std::move(*document) : ReadDocument{};
}

TEST(Docx, TextHeadingsLinksAndDeletions) {
  const std::string styles =
      "<w:styles xmlns:w=\"w\"><w:style w:styleId=\"1\"><w:name w:val=\"heading 2\"/></w:style></w:styles>";
  const std::string relations =
      "<Relationships><Relationship Id=\"r1\" Type=\"x/hyperlink\" Target=\"http://hanok.kr\"/></Relationships>";
  const ReadDocument document = read(
      "<w:p><w:pPr><w:pStyle w:val=\"1\"/></w:pPr><w:r><w:t>제목</w:t></w:r></w:p>"
      "<w:p><w:r><w:t>가</w:t><w:tab/><w:t><![CDATA[<나>]]></w:t></w:r><w:del><w:r><w:delText>지움</w:delText></w:r></"
      "w:del>"
      "<w:hyperlink r:id=\"r1\"><w:r><w:t>한옥</w:t></w:r></w:hyperlink></w:p>",
      {{"word/styles.xml", styles}, {"word/_rels/document.xml.rels", "\xEF\xBB\xBF" + relations}});
  ASSERT_EQ(document.blocks.size(), 2u);
  EXPECT_EQ(document.blocks[0].level, 2);
  EXPECT_EQ(document.text, "제목\n\n가\t<나>한옥\n");
  ASSERT_EQ(document.blocks[1].marks.size(), 1u);
  EXPECT_EQ(document.blocks[1].marks[0].target, "http://hanok.kr");
  EXPECT_EQ(document.blocks[1].page.certainty, PageCertainty::kNone);
  EXPECT_EQ(document.warnings.size(), 1u);
}

TEST(Docx, TablesMergeCellsBothWays) {
  const auto cell = [](const std::string& properties, const std::string& text) {
    return docx_cell(properties, docx_paragraph(docx_run("<w:t>" + text + "</w:t>")));
  };
  const ReadDocument document =
      read("<w:tbl><w:tr>" + cell("<w:vMerge w:val=\"restart\"/>", "가") + cell("<w:gridSpan w:val=\"2\"/>", "나") +
           "</w:tr><w:tr>" + cell("<w:vMerge/>", "") + cell("", "다") + cell("", "") + "</w:tr></w:tbl>");
  ASSERT_EQ(document.blocks.size(), 1u);
  const DocumentTable& table = document.blocks[0].table;
  ASSERT_EQ(table.cells.size(), 4u);
  EXPECT_EQ(table.cells[0].row_span, 2u);
  EXPECT_EQ(table.cells[1].column_span, 2u);
  EXPECT_EQ(table.cells[2].column, 1u);
  EXPECT_EQ(document.text, "가\t나\n다\t\n");
}

TEST(Docx, NotesBoxesAndHeaders) {
  const std::string notes =
      "<w:footnotes xmlns:w=\"w\"><w:footnote w:type=\"separator\" w:id=\"0\"/>"
      "<w:footnote w:id=\"2\"><w:p><w:r><w:t>각주</w:t></w:r></w:p></w:footnote></w:footnotes>";
  const std::string relations = "<R><R Id=\"h\" Type=\"x/header\" Target=\"header1.xml\"/></R>";
  const std::string header = "<w:hdr xmlns:w=\"w\"><w:p><w:r><w:t>머리말</w:t></w:r></w:p></w:hdr>";
  const ReadDocument document = read(
      "<w:p><w:r><w:t>글</w:t><w:footnoteReference w:id=\"2\"/></w:r><w:r><mc:AlternateContent><mc:Choice>"
      "<w:txbxContent><w:p><w:r><w:t>상자</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>"
      "<w:p><w:r><w:t>상자</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>",
      {{"word/footnotes.xml", notes}, {"word/_rels/document.xml.rels", relations}, {"word/header1.xml", header}});
  EXPECT_EQ(document.text, "머리말\n\n글\n\n상자\n\n각주\n");
  EXPECT_EQ(document.blocks[0].kind, BlockKind::kHeader);
  EXPECT_EQ(document.blocks[3].kind, BlockKind::kNote);
}

TEST(Docx, CommentsAreNotes) {
  const ReadDocument document =
      read("<w:p><w:r><w:t>글</w:t><w:commentReference w:id=\"0\"/></w:r></w:p>",
           {{"word/comments.xml",
             "<w:comments xmlns:w=\"w\"><w:comment w:id=\"0\"><w:p><w:r><w:t>메모</w:t></w:r></w:p>"
             "</w:comment></w:comments>"}});
  EXPECT_EQ(document.text, "글\n\n메모\n");
  EXPECT_EQ(document.blocks[1].label, "m0");
}

std::string list_paragraph(const std::string& text, int list, int level) {
  return fmt::format(
      "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"{}\"/><w:numId w:val=\"{}\"/></w:numPr></w:pPr><w:r><w:t>{}"
      "</w:t></w:r></w:p>",
      level, list, text);
}

std::string list_level(int level, const std::string& format, const std::string& text, const std::string& more = "") {
  return fmt::format(
      "<w:lvl w:ilvl=\"{}\"><w:start w:val=\"1\"/><w:numFmt w:val=\"{}\"/>{}<w:lvlText w:val=\"{}\"/></w:lvl>", level,
      format, more, text);
}

const std::string kLists =
    "<w:numbering xmlns:w=\"w\"><w:abstractNum w:abstractNumId=\"0\">" + list_level(0, "decimal", "%1.") +
    list_level(1, "ganada", "%1.%2)") + list_level(2, "bullet", "\xEF\x82\xA7") +
    "</w:abstractNum><w:abstractNum w:abstractNumId=\"7\">" +
    list_level(0, "upperRoman", "제%1장", "<w:pStyle w:val=\"Chapter\"/>") +
    list_level(1, "decimal", "%1-%2", "<w:pStyle w:val=\"Part\"/>") +
    list_level(2, "ganada", "%1.%2.%3", "<w:isLgl/>") +
    "</w:abstractNum><w:abstractNum w:abstractNumId=\"8\"><w:numStyleLink w:val=\"Listed\"/></w:abstractNum>"
    "<w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num><w:num w:numId=\"2\"><w:abstractNumId "
    "w:val=\"0\"/></w:num>"
    "<w:num w:numId=\"3\"><w:abstractNumId w:val=\"0\"/><w:lvlOverride w:ilvl=\"0\"><w:startOverride w:val=\"0\"/>"
    "</w:lvlOverride></w:num><w:num w:numId=\"4\"><w:abstractNumId w:val=\"7\"/></w:num>"
    "<w:num w:numId=\"5\"><w:abstractNumId w:val=\"8\"/></w:num></w:numbering>";
const std::string kListStyles =
    "<w:styles xmlns:w=\"w\"><w:style w:styleId=\"Chapter\"><w:name w:val=\"heading 1\"/><w:pPr><w:numPr><w:numId "
    "w:val=\"4\"/></w:numPr></w:pPr></w:style><w:style w:styleId=\"Part\"><w:basedOn w:val=\"Chapter\"/></w:style>"
    "<w:style w:styleId=\"Listed\"><w:pPr><w:numPr><w:numId w:val=\"1\"/></w:numPr></w:pPr></w:style>"
    "<w:style w:styleId=\"Small\"><w:basedOn w:val=\"Part\"/><w:pPr><w:numPr><w:ilvl "
    "w:val=\"2\"/></w:numPr></w:pPr></w:style>"
    "<w:style w:styleId=\"Loop\"><w:basedOn w:val=\"Loop\"/></w:style></w:styles>";

std::string text_of_lists(const std::string& body) {
  const auto document = read_document(
      zipped(
          {{"word/document.xml", docx_body(body)}, {"word/numbering.xml", kLists}, {"word/styles.xml", kListStyles}}),
      "a.docx");
  EXPECT_TRUE(document) << document.error().to_string();
  return document ? document->text : std::string();
}

TEST(Docx, ListsAreNumbered) {
  EXPECT_EQ(text_of_lists(list_paragraph("하나", 1, 0) + list_paragraph("속", 1, 1) + list_paragraph("속", 1, 1) +
                          list_paragraph("점", 1, 2) + list_paragraph("둘", 1, 0) + list_paragraph("속", 1, 1)),
            "1. 하나\n\n1.가) 속\n\n1.나) 속\n\n▪ 점\n\n2. 둘\n\n2.가) 속\n");
  // Word counts a level that was skipped (its article Q110380).
  EXPECT_EQ(text_of_lists(list_paragraph("a", 1, 1) + list_paragraph("b", 1, 0) + list_paragraph("c", 1, 2) +
                          list_paragraph("d", 1, 1) + list_paragraph("e", 1, 0)),
            "1.가) a\n\n2. b\n\n▪ c\n\n2.나) d\n\n3. e\n");
  // Lists of one kind count on; one that says where it starts does not.
  EXPECT_EQ(text_of_lists(list_paragraph("a", 1, 0) + list_paragraph("b", 2, 0) + list_paragraph("c", 3, 0) +
                          list_paragraph("d", 3, 0)),
            "1. a\n\n2. b\n\n0. c\n\n1. d\n");
  EXPECT_EQ(text_of_lists(list_paragraph("a", 0, 0) + list_paragraph("b", 99, 0) + list_paragraph("c", 1, 99)),
            "a\n\nb\n\nc\n");
}

TEST(Docx, StylesNumberTheirParagraphs) {
  const auto styled = [](const std::string& style, const std::string& text) {
    return docx_paragraph(docx_run("<w:t>" + text + "</w:t>"), style);
  };
  EXPECT_EQ(text_of_lists(styled("Chapter", "처음") + styled("Part", "가") + styled("Part", "나") +
                          styled("Chapter", "다음") + styled("Part", "가") + styled("Loop", "그냥")),
            "제I장 처음\n\nI-1 가\n\nI-2 나\n\n제II장 다음\n\nII-1 가\n\n그냥\n");
  EXPECT_EQ(text_of_lists(styled("Chapter", "a") + styled("Part", "b") + styled("Small", "c") + styled("Small", "d")),
            "제I장 a\n\nI-1 b\n\n1.1.1 c\n\n1.1.2 d\n");
  const std::string out_of_list =
      "<w:p><w:pPr><w:pStyle w:val=\"Chapter\"/><w:numPr><w:numId "
      "w:val=\"0\"/></w:numPr></w:pPr><w:r><w:t>밖</w:t></w:r></w:p>";
  EXPECT_EQ(text_of_lists(out_of_list + styled("Chapter", "안")), "밖\n\n제I장 안\n");
  EXPECT_EQ(text_of_lists(list_paragraph("a", 5, 0) + list_paragraph("b", 1, 0)), "1. a\n\n2. b\n");
}

}  // namespace
}  // namespace hanok::testing
