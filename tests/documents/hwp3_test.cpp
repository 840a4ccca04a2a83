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
  EXPECT_EQ(hwp3_text(hwp3_units({0x3441, 0x3446, 0x3479, 0x347A, 0x35E1, 0x3599, 0x36E7, 0x36F0})), "■→▷▶─Ⅹ①⑩")
      << "known from documents in two formats, and where KS X 1001 has them";
  EXPECT_EQ(hwp3_text(hwp3_units({0x2F17, 0x37C0, 0x37C1, 0x37C2, 0x37C3, 0x37C4, 0x37C5})), "•한글과컴퓨터");
  EXPECT_EQ(hwp3_text(hwp3_units({0x4000, 0x4001, 0x4000 + 94, 0x4000 + 4887})), "伽佳匣詰")
      << "its Hanja from end to end";
  std::string out;
  EXPECT_FALSE(append_hwp3_character(out, 0x8872)) << "final 18 is reserved: no syllable without a final";
  for (const uint16_t code : {0x2222, 0x3400, 0x3401 + 94, 0x3401 + 95, 0x3401 + 9 * 96, 0x3FFF, 0x4000 + 4888, 0x7FFF})
    EXPECT_FALSE(append_hwp3_character(out, code)) << code;
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

std::string bytes4(size_t value) {
  return hwp3_unit(value & 0xFFFF) + hwp3_unit(value >> 16);
}

// An object of a drawing: the links say whether another follows (1) and whether it has children (2).
std::string drawn_object(uint16_t type, uint16_t links, const std::string& first, const std::string& second,
                         size_t options = 0, size_t n_option_bytes = 0) {
  return bytes4(88 + n_option_bytes) + hwp3_unit(type) + hwp3_unit(links) + std::string(80, 'g') + bytes4(options) +
         std::string(n_option_bytes, 'o') + bytes4(first.size()) + first + bytes4(second.size()) + second;
}
std::string drawing(const std::string& objects, size_t n_frame_bytes = 24) {
  const std::string content =
      bytes4(n_frame_bytes) + bytes4(0) + bytes4(1) + std::string(n_frame_bytes - 8, 'f') + objects;
  std::string info = bytes4(content.size()) + std::string(344, '\0');
  info[74] = 3;
  return hwp3_control(11, info + content + kHwp3EndOfList);
}
std::string box_text(uint16_t letter) {
  return hwp3_text_paragraph({letter}) + kHwp3EndOfList;
}

TEST(Hwp3, TextOfDrawingsIsKept) {
  const std::string objects = drawn_object(0, 3, "", "") + drawn_object(5, 1, bytes4(2), std::string(16, 'p')) +
                              drawn_object(6, 2, "", box_text('b'), 0x70000, 28 + 32 + 278) +
                              drawn_object(6, 0, "", box_text('c')) + drawn_object(6, 0, "", box_text('d'));
  for (const size_t n_frame_bytes : {24, 645}) {
    const ReadDocument document =
        read(hwp3_paragraph(hwp3_units({'a'}) + drawing(objects, n_frame_bytes) + hwp3_units({13}), 6) +
             hwp3_text_paragraph({'e'}));
    EXPECT_EQ(document.text, "a\n\nb\n\nc\n\nd\n\ne\n");
    EXPECT_TRUE(document.warnings.empty());
  }
}

TEST(Hwp3, BrokenDrawingsCostTheirOwnTextAlone) {
  const std::string text = box_text('b');
  for (const std::string& objects :
       {drawn_object(6, 1, "", text), drawn_object(6, 0, "", text.substr(0, text.size() - 50)),
        drawn_object(6, 0, "", text).substr(0, 95), bytes4(0xFFFFFFFF) + std::string(100, '\xFF'), std::string()}) {
    const ReadDocument document =
        read(hwp3_paragraph(hwp3_units({'a'}) + drawing(objects) + hwp3_units({13}), 6) + hwp3_text_paragraph({'e'}));
    EXPECT_TRUE(document.text.starts_with("a\n\n") && document.text.ends_with("e\n")) << document.text;
    EXPECT_EQ(document.warnings.size(), 1u);
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
