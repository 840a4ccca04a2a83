// HWP 5.0 documents that the tests write themselves: text, tables, notes, pages, protection, damage.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/hwp_crypt.h"
#include "documents/hwp_writer.h"
#include "documents/reader.h"
#include "documents/render.h"

namespace hanok::testing {
namespace {

using ::testing::HasSubstr;

std::string plain(std::u16string_view text) {
  return paragraph(0, utf16(text), "", {{0, 0}});
}

TEST(Hwp5, ReadsParagraphsOfPackedAndPlainStreams) {
  for (const uint32_t flags : {0u, 1u}) {
    const auto document = read_document(hwp_file({plain(u"첫 문단") + plain(u"둘째 문단")}, "", flags), "a.bin");
    ASSERT_TRUE(document) << document.error().to_string();
    EXPECT_EQ(document->text, "첫 문단\n\n둘째 문단\n");
    EXPECT_EQ(document->format, "hwp5");
    const TextRange range = document->blocks[1].range;
    EXPECT_EQ(document->text.substr(range.begin, range.end - range.begin), "둘째 문단");
  }
}

// A stream of 4096 bytes and more lies in sectors of its own, a smaller one in the mini stream.
TEST(Hwp5, ReadsLargeAndSmallStreams) {
  const std::u16string line(5000, u'글');
  const auto document = read_document(hwp_file({plain(line)}, "", 0), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->text.size(), 3 * line.size() + 1);
}

TEST(Hwp5, ControlCharactersKeepTheTextInStep) {
  const std::string text = utf16(u"가") + control_char(9, "    ") + utf16(u"나\n다") + le(24, 2) + utf16(u"라") +
                           le(30, 2) + le(31, 2) + control_char(8, "    ") + utf16(u"마") + le(13, 2);
  const auto document = read_document(hwp_file({paragraph(0, text)}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->text, "가\t나\n다-라\xC2\xA0 마\n");
}

TEST(Hwp5, ControlCutShortEndsTheTextWithoutHarm) {
  const auto document = read_document(hwp_file({paragraph(0, utf16(u"가") + le(11, 2) + utf16(u"tbl"))}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->text, "가\n");
}

// Only signs that are known become others.
TEST(Hwp5, PrivateUseSignsAreMappedFromTheListAlone) {
  const std::string text = utf16(u"\U000F012B \U000F03C5 \U000F012C");
  const auto document = read_document(hwp_file({paragraph(0, text)}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->text, "(인) □ \xF3\xB0\x84\xAC\n");
}

TEST(Hwp5, TablesKeepMergedNestedAndEmptyCells) {
  const std::string inner = table(3, 1, 1, cell(4, {0, 0, 1, 1}, paragraph(4, utf16(u"속"))));
  const std::string cells = cell(2, {0, 0, 2, 1}, paragraph(2, utf16(u"제목"))) +
                            cell(2, {0, 1, 1, 1}, paragraph(2, control_char(11, "tbl "), inner)) +
                            cell(2, {1, 1, 1, 1}, paragraph(2, ""));
  const auto document =
      read_document(hwp_file({paragraph(0, control_char(11, "tbl "), table(1, 2, 2, cells))}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  ASSERT_EQ(document->blocks.size(), 1u);
  const DocumentTable& outer = document->blocks[0].table;
  EXPECT_EQ(outer.n_rows, 2u);
  EXPECT_EQ(outer.n_columns, 2u);
  ASSERT_EQ(outer.cells.size(), 3u);
  EXPECT_EQ(outer.cells[0].column_span, 2u);
  EXPECT_EQ(cell_text(outer.cells[0]), "제목");
  ASSERT_EQ(outer.cells[1].blocks.size(), 1u);
  EXPECT_EQ(outer.cells[1].blocks[0].kind, BlockKind::kTable);
  EXPECT_EQ(cell_text(outer.cells[1]), "속");
  EXPECT_EQ(cell_text(outer.cells[2]), "");
  EXPECT_EQ(document->text, "제목\n속\t\n");
  EXPECT_THAT(render_markdown(*document), HasSubstr("<td colspan=\"2\">제목</td>"));
}

// The size that a table claims costs nothing.
TEST(Hwp5, TablesOfHolesAreShownAsTheyAre) {
  const std::string cells = cell(2, {65535, 65535, 9, 9}, paragraph(2, utf16(u"끝")));
  const auto document =
      read_document(hwp_file({paragraph(0, control_char(11, "tbl "), table(1, 65535, 65535, cells))}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->blocks[0].table.cells[0].row_span, 1u);
  EXPECT_EQ(render_markdown(*document), "<table>\n<tr><td>끝</td></tr>\n</table>\n");
}

TEST(Hwp5, NestingBeyondReasonIsRefused) {
  std::string inner = paragraph(400, utf16(u"끝"));
  for (uint32_t level = 400; level >= 2; level -= 2)
    inner = paragraph(level - 2, control_char(11, "tbl "), table(level - 1, 1, 1, cell(level, {0, 0, 1, 1}, inner)));
  const auto document = read_document(hwp_file({inner}), "a.hwp");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kLimit);
}

TEST(Hwp5, NotesFootersCaptionsAndBoxesAreKept) {
  const std::string list = record(0x48, 2, std::string(8, '\0'));
  const std::string note = control_header(1, "fn  ") + list + paragraph(2, utf16(u"각주 글"));
  const std::string foot = control_header(1, "foot") + list + paragraph(2, utf16(u"꼬리말"));
  const std::string head = control_header(1, "head") + list + paragraph(2, utf16(u"머리말"));
  const std::string number = control_header(3, "atno", le(3, 4) + le(7, 2));
  const std::string drawing = control_header(1, "gso ") + list +
                              paragraph(2, utf16(u"그림 ") + control_char(18, "atno"), number) + record(0x4C, 2, "") +
                              record(0x48, 3, std::string(8, '\0')) + paragraph(3, utf16(u"상자 글"));
  const std::string text = utf16(u"본문") + control_char(17, "fn  ") + utf16(u" 끝") + control_char(16, "foot") +
                           control_char(16, "head") + control_char(11, "gso ");
  const auto document = read_document(hwp_file({paragraph(0, text, note + foot + head + drawing)}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  std::vector<std::pair<BlockKind, std::string>> blocks;
  for (const DocumentBlock& block : document->blocks) blocks.emplace_back(block.kind, block.text);
  const std::vector<std::pair<BlockKind, std::string>> expected = {
      {BlockKind::kHeader, "머리말"},  {BlockKind::kParagraph, "본문 끝"}, {BlockKind::kParagraph, "상자 글"},
      {BlockKind::kCaption, "그림 7"}, {BlockKind::kNote, "각주 글"},      {BlockKind::kFooter, "꼬리말"}};
  EXPECT_EQ(blocks, expected);
  EXPECT_THAT(render_markdown(*document), HasSubstr("본문[^1] 끝"));
}

TEST(Hwp5, LinksEquationsAndDeletedText) {
  const std::u16string command = u"http\\://hanok.kr;1;0;0;";
  const std::string link = control_header(1, "%hlk", le(0, 5) + le(command.size(), 2) + utf16(command));
  const std::string deleted = control_header(1, "%%*d");
  const std::string equation = control_header(1, "eqed") + record(0x58, 2, le(0, 4) + le(3, 2) + utf16(u"x+y"));
  const std::string text = control_char(3, "%hlk") + utf16(u"한옥") + control_char(4, "%hlk") +
                           control_char(3, "%%*d") + utf16(u"지운 글") + control_char(4, "%%*d");
  const auto document = read_document(
      hwp_file({paragraph(0, text, link + deleted) + paragraph(0, control_char(11, "eqed"), equation)}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->text, "한옥\n\nx+y\n");
  ASSERT_EQ(document->blocks[0].marks.size(), 1u);
  EXPECT_EQ(document->blocks[0].marks[0].target, "http://hanok.kr");
  EXPECT_EQ(document->blocks[1].kind, BlockKind::kEquation);
  EXPECT_EQ(document->warnings.size(), 1u);
}

TEST(Hwp5, OutlineParagraphsBecomeNumberedHeadings) {
  std::string numbering;
  for (int level = 1; level <= 7; ++level) {
    const std::u16string pattern = level == 1 ? u"제^1장" : u"^1.^2";
    numbering += le(0, 12) + le(pattern.size(), 2) + utf16(pattern);
  }
  const auto shape = [](uint32_t level) {
    return record(0x19, 0, le(1u << 23 | level << 25, 4) + le(0, 26) + le(0, 2));
  };
  const std::string section = control_header(1, "secd", le(0, 14) + le(1, 2));
  const auto heading = [&](std::u16string_view text, uint16_t shape_id) {
    return paragraph(0, utf16(text), "", {}, 0, shape_id);
  };
  const std::string body = paragraph(0, control_char(2, "secd"), section) + heading(u"총칙", 1) + heading(u"목적", 2) +
                           heading(u"정의", 2) + heading(u"보칙", 1) + heading(u"벌칙", 2);
  const std::string shapes = record(0x19, 0, le(0, 32)) + shape(0) + shape(1);
  const auto document = read_document(hwp_file({body}, record(0x17, 0, numbering) + shapes), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->text, "제1장 총칙\n\n1.1 목적\n\n1.2 정의\n\n제2장 보칙\n\n2.1 벌칙\n");
  EXPECT_EQ(document->blocks[0].kind, BlockKind::kHeading);
  EXPECT_EQ(document->blocks[1].level, 2);
}

std::vector<int> pages_of(const ReadDocument& document) {
  std::vector<int> pages;
  for (const DocumentBlock& block : document.blocks) pages.push_back(block.page.number);
  return pages;
}

TEST(Hwp5, PagesComeFromTheSavedLayout) {
  const std::string text = utf16(u"글");
  const std::string body =
      paragraph(0, text, "", {{1000}, {2000}}) + paragraph(0, text, "", {{3000}, {0}}) +  // goes on to the next page
      paragraph(0, text, "", {{1000}}) + paragraph(0, text, "", {{0}}, 4) +  // an explicit break and its reset are one
      paragraph(0, text, "", {{500}});
  const auto document = read_document(hwp_file({body, paragraph(0, text, "", {{0}})}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(pages_of(*document), (std::vector<int>{1, 1, 2, 3, 3, 4}));
  EXPECT_EQ(document->n_pages, 4);
  EXPECT_EQ(document->blocks[0].page.certainty, PageCertainty::kExact);
}

TEST(Hwp5, ATableSplitOverPagesCountsOnce) {
  const auto cell_of = [](uint16_t column, const std::vector<Line>& lines) {
    return cell(2, {column, 0, 1, 1}, paragraph(2, utf16(u"칸"), "", lines));
  };
  const std::string cells = cell_of(0, {{0}, {9000}, {0}}) + cell_of(1, {{0}});
  const std::string text = utf16(u"글");
  const std::string body = paragraph(0, text, "", {{30000}}) +
                           paragraph(0, control_char(11, "tbl "), table(1, 1, 2, cells), {{40000}}) +
                           paragraph(0, text, "", {{5000}}) +  // below the table's last part: the same boundary
                           paragraph(0, text, "", {{100}});
  const auto document = read_document(hwp_file({body}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(pages_of(*document), (std::vector<int>{1, 1, 2, 3}));
}

TEST(Hwp5, ColumnsAreNoPages) {
  const std::string text = utf16(u"글");
  const std::string columns = control_header(1, "cold", le(2 << 2, 2));
  const std::string body = paragraph(0, text + control_char(2, "cold"), columns, {{0, 0}, {9000, 0}}) +
                           paragraph(0, text, "", {{0, 20000}, {9000, 20000}}) + paragraph(0, text, "", {{0, 0}});
  const auto document = read_document(hwp_file({body}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(pages_of(*document), (std::vector<int>{1, 1, 2}));
}

TEST(Hwp5, WithoutLayoutPagesAreApproximate) {
  const auto document = read_document(hwp_file({paragraph(0, utf16(u"글"))}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->blocks[0].page.certainty, PageCertainty::kApproximate);
}

std::string with_flags(uint32_t flags, uint32_t encrypt_version = 0) {
  CompoundWriter writer;
  writer.add("FileHeader", file_header(flags, encrypt_version));
  writer.add("DocInfo", "x");
  return writer.bytes();
}

TEST(Hwp5, ProtectionHasErrorsOfItsOwn) {
  for (const uint32_t flag : {4u, 8u, 10u})
    EXPECT_EQ(read_document(with_flags(1u << flag), "a.hwp").error().kind, ErrorKind::kProtected);
  EXPECT_EQ(read_document(with_flags(2, 4), "a.hwp").error().kind, ErrorKind::kPassword);
  EXPECT_EQ(read_document(with_flags(2, 3), "a.hwp", {.password = "x"}).error().kind, ErrorKind::kUnsupported);
  const auto notice =
      read_document(hwp_file({plain(u"이 문서는 상위 버전의 배포용 문서입니다. 최신 한글에서")}), "a.hwp");
  ASSERT_FALSE(notice);
  EXPECT_EQ(notice.error().kind, ErrorKind::kProtected);
}

TEST(Hwp5, PasswordOpensTheDocument) {
  CompoundWriter writer;
  writer.add("FileHeader", file_header(3, 4));
  writer.add("DocInfo", *encrypt_hwp_password(deflated(doc_info(1)), "비밀1234"));
  writer.add("BodyText/Section0", *encrypt_hwp_password(deflated(plain(u"비밀 글")), "비밀1234"));
  const std::string file = writer.bytes();
  const auto document = read_document(file, "a.hwp", {.password = "비밀1234"});
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->text, "비밀 글\n");
  const auto wrong = read_document(file, "a.hwp", {.password = "1234"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::kPassword);
}

TEST(Hwp5, DeflateBombsAreRefused) {
  const std::string bomb = record(0x43, 0, std::string(size_t{32} << 20, '\0'));
  const auto document = read_document(hwp_file({bomb}), "a.hwp");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kLimit);
}

TEST(Hwp5, DamageIsAnErrorAtEveryLength) {
  const std::string file = hwp_file({plain(u"첫 문단") + paragraph(0, control_char(11, "tbl "), table(1, 1, 1, ""))});
  size_t n_errors = 0;
  for (size_t n = 8; n < file.size(); n += 7) {
    const auto document = read_document(file.substr(0, n), "a.hwp");
    n_errors += document ? 0 : 1;
  }
  EXPECT_GT(n_errors, file.size() / 7 / 2);
}

// A chain of sectors, folders or tables that leads back to itself.
TEST(Hwp5, LoopsInTheCompoundFileEnd) {
  const std::string file = hwp_file({plain(u"글")});
  for (size_t at = 76; at + 4 <= file.size(); at += 4) {
    for (const uint32_t value : {0u, 1u, 2u}) {
      std::string broken = file;
      broken.replace(at, 4, le(value, 4));
      const auto document = read_document(broken, "a.hwp");
      EXPECT_TRUE(document || !document.error().what.empty());
    }
  }
}

TEST(Hwp5, TablesOfTheCompoundFileMayBeLargerThanItNeeds) {
  CompoundWriter writer;
  writer.add("FileHeader", file_header(0));
  writer.add("DocInfo", doc_info(1));
  writer.add("BodyText/Section0", plain(u"글"));
  for (const size_t n_spare : {1, 2, 20}) {
    writer.spare_tables(n_spare);
    const auto document = read_document(writer.bytes(), "a.hwp");
    ASSERT_TRUE(document) << document.error().to_string();
    EXPECT_EQ(document->text, "글\n");
  }
  std::string looping = writer.bytes();
  for (size_t i = 0; i < 109; ++i)
    looping.replace(0x4C + 4 * i, 4, looping.substr(0x4C, 4));  // one table, again and again
  const auto document = read_document(looping, "a.hwp");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kCorruptFile);
}

std::string memo_field(uint32_t level, uint32_t memo_id, std::u16string_view command = u"MEMO/65535/1/2") {
  return control_header(level, "%unk",
                        le(0x8000, 4) + le(0, 1) + le(command.size(), 2) + utf16(command) + le(77, 4) + le(memo_id, 4));
}
std::string memo(uint32_t memo_id, const std::string& paragraphs) {
  return record(0x5D, 1, le(memo_id, 4)) + record(0x48, 1, le(1, 4) + le(0, 4) + le(0, 8)) + paragraphs;
}

TEST(Hwp5, MemosAreNotesWhereTheyAreCalled) {
  const std::string called = control_char(3, "%unk"), ended = control_char(4, "%unk");
  const std::string first =
      paragraph(0, utf16(u"가") + called + utf16(u"나") + ended + utf16(u"다"), memo_field(1, 5)) +
      paragraph(0, called + utf16(u"라") + ended, memo_field(1, 6));
  const std::string cells = cell(2, {0, 0, 1, 1}, paragraph(2, called + utf16(u"마") + ended, memo_field(3, 9)));
  const std::string second = paragraph(0, control_char(11, "tbl "), table(1, 1, 1, cells)) +
                             paragraph(0, utf16(u"끝") + called + ended, memo_field(1, 1, u"$RevisionSimpleChange;")) +
                             memo(6, paragraph(1, utf16(u"둘째"))) +
                             memo(5, paragraph(1, utf16(u"첫째")) + paragraph(1, utf16(u"둘째 문단"))) +
                             memo(8, paragraph(1, utf16(u"부르지 않은 것")));
  const auto document = read_document(hwp_file({first, second}), "a.hwp");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->text, "가나다\n\n첫째\n둘째 문단\n\n라\n\n둘째\n\n마\n\n끝\n\n부르지 않은 것\n");
  ASSERT_EQ(document->blocks.size(), 7u);
  EXPECT_EQ(document->blocks[1].kind, BlockKind::kNote);
  EXPECT_EQ(document->blocks[1].label, "m1");
  ASSERT_EQ(document->blocks[0].marks.size(), 1u);
  EXPECT_EQ(document->blocks[0].marks[0].target, "m1");
  EXPECT_EQ(document->blocks[0].marks[0].begin, 3u);
  EXPECT_TRUE(document->blocks[4].table.cells[0].blocks[0].marks.empty()) << "a memo that is not there is not called";
  EXPECT_TRUE(document->blocks[5].marks.empty());
  EXPECT_EQ(document->blocks[6].kind, BlockKind::kNote);
}

TEST(Hwp5, MissingSectionsAreDamage) {
  CompoundWriter writer;
  writer.add("FileHeader", file_header(0));
  writer.add("DocInfo", doc_info(2));
  writer.add("BodyText/Section0", plain(u"글"));
  const auto document = read_document(writer.bytes(), "a.hwp");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kCorruptFile);
}

}  // namespace
}  // namespace hanok::testing
