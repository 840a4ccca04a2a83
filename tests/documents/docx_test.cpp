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

}  // namespace
}  // namespace hanok::testing
