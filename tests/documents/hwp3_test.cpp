// HWP 3.0 documents that the tests write themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/johab.h"
#include "documents/part_lock.h"
#include "documents/reader.h"

namespace hanok::testing {
namespace {

std::string u16(size_t value) {
  return {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8 & 0xFF)};
}

std::string units(const std::vector<uint16_t>& codes) {
  std::string out;
  for (const uint16_t code : codes) out += u16(code);
  return out;
}

// A paragraph of so many units; what follows the units of large controls is not counted.
std::string paragraph(const std::string& characters, size_t n_units, bool has_shape = true) {
  return std::string(1, has_shape ? '\0' : '\1') + u16(n_units) + u16(1) + std::string(38, '\0') +
         (has_shape ? std::string(187, 's') : "") + std::string(14, 'l') + characters;
}

std::string text_paragraph(const std::vector<uint16_t>& codes) {
  std::vector<uint16_t> all = codes;
  all.push_back(13);
  return paragraph(units(all), all.size());
}

const std::string kEndOfList(43, '\0');

std::string large_control(uint16_t code, const std::string& content, size_t n_bytes = 0) {
  return u16(code) + u16(n_bytes) + u16(0) + u16(code) + content;
}

std::string hwp3(const std::string& list, bool is_packed = false, bool is_locked = false) {
  std::string signature = "HWP Document File V3.00 \x1A\x01\x02\x03\x04\x05", info(128, '\0'), summary(1008, '\0');
  signature.resize(30, '\0');
  info[96] = is_locked ? 1 : 0;
  info[124] = is_packed ? 1 : 0;
  info[126] = 4;                                   // bytes of the information block
  summary.replace(0, 4, units({0xD065, 0x8B69}));  // 한글
  std::string body;
  for (int i = 0; i < 7; ++i) body += u16(1) + std::string(40, 'f');
  body += u16(1) + std::string(238, 'y') + list + kEndOfList;
  return signature + info + summary + "info" + (is_packed ? raw_deflate(body) : body);
}

ReadDocument read(const std::string& list, bool is_packed = false) {
  auto document = read_document(hwp3(list, is_packed), "a.bin");
  EXPECT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document ? document->format : "", "hwp3");
  return document ? std::move(*document) : ReadDocument{};
}

TEST(Johab, HangulHanjaAndSigns) {
  EXPECT_EQ(hwp3_text(units({0xD065, 0x8B69, 'A', 0x3590, 0x36E8, 0x0081, 0})), "한글AⅠ②“");
  EXPECT_EQ(hwp3_text(units({0xD3C5})), "ᄒᆞᆫ") << "ㆍ has no composed syllables";
  EXPECT_EQ(hwp3_text(units({0xE1D8, 0xD959})), "曲℃") << "KS X 1001's own Johab";
  std::string out;
  EXPECT_FALSE(append_hwp3_character(out, 0x8872)) << "final 18 is reserved: no syllable without a final";
  EXPECT_FALSE(append_hwp3_character(out, 0x2222));
  EXPECT_EQ(out, "");
}

TEST(Hwp3, ParagraphsAndSmallControls) {
  const std::string list =
      text_paragraph({0xD065, 0x8B69}) +
      paragraph(units({'a', 9, 0, 0, 9, 'b', 24, 0, 24, 25, 0, 25, 'c', 30, 30, 'd', 18, 4, 7, 18, 0x2222, 13}), 22,
                false);
  for (const bool is_packed : {false, true}) {
    const ReadDocument document = read(list, is_packed);
    EXPECT_EQ(document.text, "한글\n\na\tb-c d7\n");
    EXPECT_EQ(document.metadata.title, "한글");
    EXPECT_EQ(document.warnings.size(), 1u) << "a character of unknown meaning";
    EXPECT_EQ(document.blocks[0].page.certainty, PageCertainty::kNone);
  }
}

std::string cell(uint16_t x, uint16_t y, uint16_t width, uint16_t height) {
  return std::string(4, '\0') + u16(x) + u16(y) + u16(width) + u16(height) + std::string(15, '\0');
}

std::string box_info(size_t n_cells) {
  std::string info(84, '\0');
  info.replace(80, 2, u16(n_cells));
  return info;
}

TEST(Hwp3, TablesArePlacedByTheirCells) {
  const std::string table = large_control(10, box_info(3) + cell(0, 0, 20, 10) + cell(0, 10, 10, 10) +
                                                  cell(10, 10, 10, 10) + text_paragraph({'a'}) + kEndOfList +
                                                  text_paragraph({'b'}) + kEndOfList + text_paragraph({'c'}) +
                                                  kEndOfList + text_paragraph({'t', 'i', 't', 'l', 'e'}) + kEndOfList);
  const ReadDocument document = read(paragraph(units({'x'}) + table + units({'y', 13}), 7));
  ASSERT_EQ(document.blocks.size(), 3u);
  EXPECT_EQ(document.text, "xy\n\na\nb\tc\n\ntitle\n");
  EXPECT_EQ(document.blocks[1].table.cells[0].column_span, 2u);
  EXPECT_EQ(document.blocks[2].kind, BlockKind::kCaption);
}

TEST(Hwp3, NotesMarginsPicturesAndDates) {
  const std::string list = paragraph(
      units({'a'}) + large_control(17, std::string(14, '\0') + text_paragraph({'n'}) + kEndOfList) +
          large_control(16, std::string(10, '\0') + text_paragraph({'h'}) + kEndOfList) +
          large_control(15, std::string(8, '\0') + text_paragraph({'s'}) + kEndOfList) +
          large_control(11, std::string(348, '\0') + kEndOfList) + large_control(7, std::string(76, 'd')) +
          large_control(8, std::string(88, 'd')) + large_control(6, std::string(34, 'b')) +
          large_control(5, "field", 5) +
          large_control(10, box_info(1) + cell(0, 0, 1, 1) + text_paragraph({'b'}) + kEndOfList + kEndOfList) +
          units({'z', 13}),
      3 + 9 * 4);
  const ReadDocument document = read(list);
  EXPECT_EQ(document.text, "h\n\naz\n\nb\n\nn\n");
  EXPECT_EQ(document.blocks[0].kind, BlockKind::kHeader);
  EXPECT_EQ(document.blocks[3].kind, BlockKind::kNote);
  ASSERT_EQ(document.blocks[1].marks.size(), 1u);
  EXPECT_EQ(document.warnings.size(), 1u) << "a hidden comment";
}

TEST(Hwp3, WhatBreaksOffKeepsWhatWasRead) {
  const std::string whole = hwp3(text_paragraph({'a'}) + text_paragraph({'b'}));
  const auto cut = read_document(whole.substr(0, whole.size() - 60), "a.hwp");
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->text.starts_with("a\n"));
  EXPECT_EQ(cut->warnings.size(), 1u);
  for (size_t n = 23; n < 1600; n += 7) {
    const auto document = read_document(whole.substr(0, n), "a.hwp");
    EXPECT_TRUE(document || document.error().kind == ErrorKind::kCorruptFile) << n;
  }
  const auto locked = read_document(hwp3("", false, true), "a.hwp");
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().kind, ErrorKind::kUnsupported);
}

TEST(Hwp3, NestingIsBounded) {
  std::string inner = kEndOfList;
  for (int i = 0; i < 100; ++i)
    inner = paragraph(large_control(15, std::string(8, '\0') + inner) + units({13}), 5) + kEndOfList;
  const auto document = read_document(hwp3(inner), "a.hwp");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace hanok::testing
