// HWPX documents that the tests write themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/hwpml_writer.h"
#include "documents/hwpx_writer.h"
#include "documents/reader.h"
#include "documents/render.h"

namespace hanok::testing {
namespace {

using ::testing::HasSubstr;

ReadDocument read(const std::string& bytes) {
  auto document = read_document(bytes, "a.bin");
  EXPECT_TRUE(document) << document.error().to_string();
  return document ? std::move(*document) : ReadDocument{};
}

TEST(Hwpx, ReadsTextWithCdataTabsAndBreaks) {
  const ReadDocument document =
      read(hwpx(hwpx_paragraph("<hp:t>가<![CDATA[<나>]]><hp:tab/>다<hp:lineBreak/>라</hp:t>")));
  EXPECT_EQ(document.format, "hwpx");
  EXPECT_EQ(document.text, "가<나>\t다\n라\n");
}

TEST(Hwpx, AByteOrderMarkBeforeTheDeclarationIsPassedOver) {
  const ReadDocument document =
      read(hwpx("", {{"Contents/section0.xml", "\xEF\xBB\xBF" + hwpx_section(hwpx_paragraph("<hp:t>글</hp:t>"))}}));
  EXPECT_EQ(document.text, "글\n");
}

TEST(Hwpx, SectionsFollowTheSpine) {
  const std::string package =
      "<opf:package xmlns:opf=\"o\"><opf:metadata><opf:title>제목</opf:title>"
      "<opf:meta name=\"creator\" content=\"text\">지은이</opf:meta></opf:metadata><opf:manifest>"
      "<opf:item id=\"a\" href=\"Contents/section0.xml\"/><opf:item id=\"b\" href=\"Contents/section1.xml\"/>"
      "</opf:manifest><opf:spine><opf:itemref idref=\"b\"/><opf:itemref idref=\"a\"/></opf:spine></opf:package>";
  const ReadDocument document = read(hwpx(
      hwpx_paragraph("<hp:t>뒤</hp:t>"),
      {{"Contents/content.hpf", package}, {"Contents/section1.xml", hwpx_section(hwpx_paragraph("<hp:t>앞</hp:t>"))}}));
  EXPECT_EQ(document.text, "앞\n\n뒤\n");
  EXPECT_EQ(document.metadata.title, "제목");
  EXPECT_EQ(document.metadata.author, "지은이");
  EXPECT_EQ(document.blocks[1].page.number, 2);
}

TEST(Hwpx, DeletedTextIsLeftOutAndCounted) {
  const ReadDocument document = read(hwpx(hwpx_paragraph(
      "<hp:t>남<hp:deleteBegin/>지움</hp:t></hp:run><hp:run><hp:t>지움<hp:deleteEnd/><hp:insertBegin/>은</hp:t>")));
  EXPECT_EQ(document.text, "남은\n");
  EXPECT_EQ(document.warnings.size(), 1u);
}

TEST(Hwpx, MemosAreNotes) {
  const ReadDocument document = read(hwpx(hwpx_paragraph(
      "<hp:t>가</hp:t><hp:ctrl><hp:fieldBegin type=\"MEMO\"><hp:subList><hp:p><hp:run><hp:t>메모</hp:t></hp:run>"
      "</hp:p></hp:subList></hp:fieldBegin></hp:ctrl><hp:t>나</hp:t><hp:ctrl><hp:fieldEnd/></hp:ctrl>")));
  EXPECT_EQ(document.text, "가나\n\n메모\n");
  ASSERT_EQ(document.blocks.size(), 2u);
  EXPECT_EQ(document.blocks[1].kind, BlockKind::kNote);
  EXPECT_EQ(document.blocks[1].label, "m1");
}

TEST(Hwpx, TablesKeepSpansAndCaptions) {
  const auto cell = [](int row, int column, int span, const std::string& text) {
    return hwpx_cell({row, column, 1, span}, hwpx_paragraph("<hp:t>" + text + "</hp:t>"));
  };
  const std::string table = "<hp:tbl rowCnt=\"2\" colCnt=\"2\">" +
                            hwpx_caption(hwpx_paragraph("<hp:t>표 </hp:t>" + hwpx_number("TABLE", 3))) + "<hp:tr>" +
                            cell(0, 0, 2, "가") + "</hp:tr><hp:tr>" + cell(1, 0, 1, "나") + cell(1, 1, 1, "") +
                            "</hp:tr></hp:tbl>";
  const ReadDocument document = read(hwpx(hwpx_paragraph(table)));
  ASSERT_EQ(document.blocks.size(), 2u);
  EXPECT_EQ(document.blocks[0].table.cells[0].column_span, 2u);
  EXPECT_EQ(document.text, "가\n나\t\n\n표 3\n");
  EXPECT_EQ(document.blocks[1].kind, BlockKind::kCaption);
}

TEST(Hwpx, CaptionsStandWhereTheyAreSeen) {
  for (const bool is_above : {false, true}) {
    const std::string box =
        "<hp:rect><hp:drawText><hp:subList>" + hwpx_paragraph("<hp:t>상자</hp:t>") + "</hp:subList></hp:drawText>" +
        hwpx_caption(hwpx_paragraph("<hp:t>설명</hp:t>"), is_above ? "TOP" : "BOTTOM") + "</hp:rect>";
    EXPECT_EQ(read(hwpx(hwpx_paragraph(box))).text, is_above ? "설명\n\n상자\n" : "상자\n\n설명\n");
  }
}

// Behind the section, on its last page.
TEST(Hwpx, FootersEndTheirSection) {
  const std::string footer = "<hp:t>글</hp:t><hp:ctrl><hp:footer><hp:subList>" + hwpx_paragraph("<hp:t>꼬리말</hp:t>") +
                             "</hp:subList></hp:footer></hp:ctrl>";
  const ReadDocument document =
      read(hwpx(hwpx_paragraph(footer) + hwpx_paragraph("<hp:t>뒤</hp:t>", "pageBreak=\"1\"")));
  EXPECT_EQ(document.text, "글\n\n뒤\n\n꼬리말\n");
  EXPECT_EQ(document.blocks.back().kind, BlockKind::kFooter);
  EXPECT_EQ(document.blocks.back().page.number, 2);
}

TEST(Hwpx, PagesAndBreaks) {
  const std::string text = "<hp:t>글</hp:t>";
  const ReadDocument document =
      read(hwpx(hwpx_paragraph(text, "", hwpx_line(500)) + hwpx_paragraph(text, "", hwpx_line(0)) +
                hwpx_paragraph(text, "pageBreak=\"1\"", hwpx_line(0))));
  ASSERT_EQ(document.blocks.size(), 3u);
  EXPECT_EQ(document.blocks[1].page.number, 2);
  EXPECT_EQ(document.blocks[2].page.number, 3);
  EXPECT_EQ(document.blocks[2].page.certainty, PageCertainty::kExact);
}

TEST(Hwpx, DamageDepthBombsAndPasswordsAreErrors) {
  const auto kind_of = [](const std::string& bytes) {
    const auto document = read_document(bytes, "a.hwpx");
    return document ? ErrorKind::kInterrupted : document.error().kind;  // no reader gives that one
  };
  EXPECT_EQ(kind_of(hwpx("<hp:p>")), ErrorKind::kCorruptFile);
  std::string deep;
  for (int i = 0; i < 3000; ++i) deep += "<a>";
  for (int i = 0; i < 3000; ++i) deep += "</a>";
  EXPECT_EQ(kind_of(hwpx(deep)), ErrorKind::kLimit);
  EXPECT_EQ(kind_of(hwpx(std::string(size_t{32} << 20, ' '))), ErrorKind::kLimit);
  EXPECT_EQ(kind_of(hwpx("", {{"META-INF/manifest.xml", "<encryption-data/>"}})), ErrorKind::kPassword);
  EXPECT_EQ(kind_of(zipped({{"mimetype", "application/hwp+zip"}})), ErrorKind::kCorruptFile);
}

TEST(Hwpml, TextTablesNotesAndStyles) {
  const ReadDocument document = read(hwpml_example());
  EXPECT_EQ(document.format, "hwpml");
  EXPECT_EQ(document.text, "머리\n\n가\t나\n다\n\n각주\n\n칸\t\n\n표 1\n\n상자\n");
  EXPECT_EQ(document.blocks[0].level, 2);
  EXPECT_EQ(document.blocks[1].page.number, 2);
  EXPECT_EQ(document.blocks[1].page.certainty, PageCertainty::kApproximate);
  EXPECT_EQ(document.blocks[3].table.cells[0].column_span, 2u);
}

}  // namespace
}  // namespace hanok::testing
