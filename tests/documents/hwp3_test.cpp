// HWP 3.0 documents that the tests write themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/hwp3_writer.h"
#include "documents/johab.h"
#include "documents/reader.h"

namespace hanok::testing {
namespace {

ReadDocument read(const std::string& list, bool is_packed = false) {
  auto document = read_document(hwp3(list, is_packed), "a.bin");
  EXPECT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document ? document->format : "", "hwp3");
  return document ? std::move(*document) : ReadDocument{};
}

TEST(Johab, HangulHanjaAndSigns) {
  EXPECT_EQ(hwp3_text(hwp3_units({0xD065, 0x8B69, 'A', 0x3590, 0x36E8, 0x0081, 0})), "한글AⅠ②“");
  EXPECT_EQ(hwp3_text(hwp3_units({0xD3C5})), "ᄒᆞᆫ") << "ㆍ has no composed syllables";
  EXPECT_EQ(hwp3_text(hwp3_units({0xE1D8, 0xD959})), "曲℃") << "KS X 1001's own Johab";
  std::string out;
  EXPECT_FALSE(append_hwp3_character(out, 0x8872)) << "final 18 is reserved: no syllable without a final";
  EXPECT_FALSE(append_hwp3_character(out, 0x2222));
  EXPECT_EQ(out, "");
}

TEST(Hwp3, ParagraphsAndSmallControls) {
  const std::string list =
      hwp3_text_paragraph({0xD065, 0x8B69}) +
      hwp3_paragraph(
          hwp3_units({'a', 9, 0, 0, 9, 'b', 24, 0, 24, 25, 0, 25, 'c', 30, 30, 'd', 18, 4, 7, 18, 0x2222, 13}), 22,
          false);
  for (const bool is_packed : {false, true}) {
    const ReadDocument document = read(list, is_packed);
    EXPECT_EQ(document.text, "한글\n\na\tb-c d7\n");
    EXPECT_EQ(document.metadata.title, "한글");
    EXPECT_EQ(document.warnings.size(), 1u) << "a character of unknown meaning";
    EXPECT_EQ(document.blocks[0].page.certainty, PageCertainty::kNone);
  }
}

TEST(Hwp3, TablesArePlacedByTheirCells) {
  const std::string table =
      hwp3_control(10, hwp3_box_info(3) + hwp3_cell(0, 0, 20, 10) + hwp3_cell(0, 10, 10, 10) +
                           hwp3_cell(10, 10, 10, 10) + hwp3_text_paragraph({'a'}) + kHwp3EndOfList +
                           hwp3_text_paragraph({'b'}) + kHwp3EndOfList + hwp3_text_paragraph({'c'}) + kHwp3EndOfList +
                           hwp3_text_paragraph({'t', 'i', 't', 'l', 'e'}) + kHwp3EndOfList);
  const ReadDocument document = read(hwp3_paragraph(hwp3_units({'x'}) + table + hwp3_units({'y', 13}), 7));
  ASSERT_EQ(document.blocks.size(), 3u);
  EXPECT_EQ(document.text, "xy\n\na\nb\tc\n\ntitle\n");
  EXPECT_EQ(document.blocks[1].table.cells[0].column_span, 2u);
  EXPECT_EQ(document.blocks[2].kind, BlockKind::kCaption);
}

TEST(Hwp3, NotesMarginsPicturesAndDates) {
  const std::string list = hwp3_paragraph(
      hwp3_units({'a'}) + hwp3_control(17, std::string(14, '\0') + hwp3_text_paragraph({'n'}) + kHwp3EndOfList) +
          hwp3_control(16, std::string(10, '\0') + hwp3_text_paragraph({'h'}) + kHwp3EndOfList) +
          hwp3_control(15, std::string(8, '\0') + hwp3_text_paragraph({'s'}) + kHwp3EndOfList) +
          hwp3_control(11, std::string(348, '\0') + kHwp3EndOfList) + hwp3_control(7, std::string(76, 'd')) +
          hwp3_control(8, std::string(88, 'd')) + hwp3_control(6, std::string(34, 'b')) + hwp3_control(5, "field", 5) +
          hwp3_control(10, hwp3_box_info(1) + hwp3_cell(0, 0, 1, 1) + hwp3_text_paragraph({'b'}) + kHwp3EndOfList +
                               kHwp3EndOfList) +
          hwp3_units({'z', 13}),
      3 + 9 * 4);
  const ReadDocument document = read(list);
  EXPECT_EQ(document.text, "h\n\naz\n\nb\n\nn\n");
  EXPECT_EQ(document.blocks[0].kind, BlockKind::kHeader);
  EXPECT_EQ(document.blocks[3].kind, BlockKind::kNote);
  ASSERT_EQ(document.blocks[1].marks.size(), 1u);
  EXPECT_EQ(document.warnings.size(), 1u) << "a hidden comment";
}

TEST(Hwp3, WhatBreaksOffKeepsWhatWasRead) {
  const std::string whole = hwp3(hwp3_text_paragraph({'a'}) + hwp3_text_paragraph({'b'}));
  const auto cut = read_document(whole.substr(0, whole.size() - 60), "a.hwp");
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->text.starts_with("a\n"));
  EXPECT_EQ(cut->warnings.size(), 1u);
  for (size_t n = 23; n < 1600; n += 7) {
    const auto document = read_document(whole.substr(0, n), "a.hwp");
    EXPECT_TRUE(document || document.error().kind == ErrorKind::kCorruptFile) << n;
  }
}

ErrorKind kind_of(const std::string& bytes, const ReadOptions& options) {
  const auto document = read_document(bytes, "a.hwp", options);
  EXPECT_FALSE(document);
  return document ? ErrorKind::kIo : document.error().kind;
}

TEST(Hwp3, OpensWithItsPasswordAlone) {
  const std::string list = hwp3_text_paragraph({'a', 'b', 'c'});
  for (const auto& [utf16, utf8] : std::initializer_list<std::pair<std::u16string_view, const char*>>{
           {u"123456", "123456"}, {u"비밀번호", "비밀번호"}, {u"a", "a"}, {u"", ""}}) {
    const std::string bytes = hwp3_locked(list, utf16);
    const auto document = read_document(bytes, "a.hwp", {.password = utf8});
    ASSERT_TRUE(document) << document.error().to_string();
    EXPECT_EQ(document->text, "abc\n");
    EXPECT_EQ(kind_of(bytes, {}), ErrorKind::kPassword);
    EXPECT_EQ(kind_of(bytes, {.password = "x"}), ErrorKind::kPassword);
  }
  EXPECT_EQ(kind_of(hwp3("", false, true), {.password = "x"}), ErrorKind::kUnsupported);
}

// A wrong password may give something that unpacks; the sum behind it tells.
TEST(Hwp3, NoWrongPasswordIsTakenForRight) {
  const std::string bytes = hwp3_locked(hwp3_text_paragraph({'a'}), u"right");
  for (int i = 0; i < 20000; ++i) ASSERT_EQ(kind_of(bytes, {.password = std::to_string(i)}), ErrorKind::kPassword) << i;
  for (size_t n = 1170; n < bytes.size(); ++n) {
    const auto cut = read_document(bytes.substr(0, n), "a.hwp", {.password = "right"});
    ASSERT_FALSE(cut) << n;
  }
}

TEST(Hwp3, NestingIsBounded) {
  std::string inner = kHwp3EndOfList;
  for (int i = 0; i < 100; ++i)
    inner = hwp3_paragraph(hwp3_control(15, std::string(8, '\0') + inner) + hwp3_units({13}), 5) + kHwp3EndOfList;
  const auto document = read_document(hwp3(inner), "a.hwp");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace hanok::testing
