// Plain formats, encodings, and how documents are shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "documents/reader.h"
#include "documents/render.h"

namespace hanok::testing {
namespace {

using namespace std::string_literals;

ReadDocument read(const std::string& bytes, const std::string& name) {
  auto document = read_document(bytes, name);
  EXPECT_TRUE(document) << document.error().to_string();
  return document ? std::move(*document) : ReadDocument{};
}

TEST(PlainText, EveryEncodingGivesTheSameText) {
  const std::string expected = "한글 a\n\n둘\n";
  const std::vector<std::string> files = {"한글 a\r\n\r\n둘", "\xEF\xBB\xBF한글 a\n\n둘",
                                          "\xC7\xD1\xB1\xDB a\r\n\r\n\xB5\xD1",                           // CP949
                                          "\xFF\xFE\x5C\xD5\x00\xAE \x00\x61\x00\n\x00\n\x00\x58\xB4"s,   // UTF-16LE
                                          "\xFE\xFF\xD5\x5C\xAE\x00\x00 \x00\x61\x00\n\x00\n\xB4\x58"s};  // UTF-16BE
  for (size_t i = 0; i < files.size(); ++i) {
    const ReadDocument document = read(files[i], "a.txt");
    EXPECT_EQ(document.text, expected) << i;
    EXPECT_EQ(document.blocks.size(), 2u) << i;
    EXPECT_EQ(document.blocks[0].page.certainty, PageCertainty::kNone);
  }
  const auto binary = read_document("\x01\x02\x00\xFF\xFF"s, "a.bin");
  ASSERT_FALSE(binary);
  EXPECT_EQ(binary.error().kind, ErrorKind::kUnsupported);
}

TEST(PlainText, AnEmptyFileIsAnEmptyTextAndNothingElse) {
  for (const char* name : {"a.hwp", "a.HWPX", "a.pdf", "a.docx", "a.xlsx", "a.pptx", "a.zip"}) {
    const auto document = read_document("", name);
    ASSERT_FALSE(document) << name;
    EXPECT_EQ(document.error().kind, ErrorKind::kCorruptFile);
    EXPECT_EQ(document.error().where, name);
  }
  for (const char* name : {"a.txt", "a.md", "a.csv", "a"}) EXPECT_EQ(read("", name).text, "") << name;
}

TEST(PlainText, ADamagedTextIsReadWithAWarning) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "한 줄의 글\n";
  EXPECT_TRUE(read(text, "a.txt").warnings.empty());
  text.insert(text.size() / 2, "\xFF");  // between two lines
  for (const char* name : {"a.txt", "a.md", "a.csv", "a"}) {
    const ReadDocument document = read(text, name);
    EXPECT_THAT(document.text, ::testing::HasSubstr("\uFFFD")) << name;
    ASSERT_EQ(document.warnings.size(), 1u);
    EXPECT_THAT(document.warnings[0], ::testing::HasSubstr("1"));
  }
}

TEST(PlainText, ControlCharactersNeverPass) {
  EXPECT_EQ(read("a\x1b[31mb\x07", "a.txt").text, "a[31mb\n");
}

TEST(Markdown, HeadingsAndTables) {
  const ReadDocument document = read("# 제목\n글\n\n| 가 | 나 |\n|---|---|\n| 1 | a\\|b |\n\n```\n# 글\n```\n", "a.md");
  ASSERT_EQ(document.blocks.size(), 4u);
  EXPECT_EQ(document.blocks[0].kind, BlockKind::kHeading);
  ASSERT_EQ(document.blocks[2].table.cells.size(), 4u);
  EXPECT_EQ(cell_text(document.blocks[2].table.cells[3]), "a|b");
  EXPECT_EQ(document.blocks[3].text, "# 글");
}

TEST(Csv, QuotesSeparatorsAndLineFeedsInFields) {
  const ReadDocument document = read("이름;값\n\"가;\"\"나\"\"\n다\";2\n", "a.csv");
  ASSERT_EQ(document.blocks.size(), 1u);
  const DocumentTable& table = document.blocks[0].table;
  EXPECT_EQ(table.n_rows, 2u);
  EXPECT_EQ(table.n_columns, 2u);
  EXPECT_EQ(table.cells[2].blocks[0].text, "가;\"나\"\n다");
  EXPECT_EQ(document.text, "이름\t값\n가;\"나\" 다\t2\n");
}

TEST(Detection, LooksAtBytesAlone) {
  EXPECT_EQ(detect_format("%PDF-1.7", "a.hwp"), DocumentFormat::kPdf);
  EXPECT_EQ(detect_format("HWP Document File V3.00 \x1A", "a.txt"), DocumentFormat::kHwp3);
  EXPECT_EQ(detect_format("\xEF\xBB\xBF<!DOCTYPE html><html>", "a.txt"), DocumentFormat::kHtml);
  EXPECT_EQ(detect_format("글", "a"), DocumentFormat::kText);
  EXPECT_EQ(detect_format("글", "a.hwp"), DocumentFormat::kUnknown);
  EXPECT_EQ(detect_format("<?xml version=\"1.0\"?><html xmlns=\"x\">", "a.txt"), DocumentFormat::kHtml);
  EXPECT_EQ(detect_format("MIME-Version: 1.0\nFrom: a@b\nSubject: c\n\nd", "a.txt"), DocumentFormat::kEml);
  EXPECT_EQ(detect_format("From: 서울\nTo: 부산\nDate: 내일\n", "a.txt"), DocumentFormat::kText);
  const auto document = read_document("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "a.hwp");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kCorruptFile);
}

// What any bytes could be read as is no document that a name promised.
TEST(Detection, TextIsNoDocumentOfAnotherKind) {
  for (const auto& [name, expected] :
       std::initializer_list<std::pair<const char*, const char*>>{{"a.hwp", "HWP 5.0, HWP 3.0"},
                                                                  {"공문.HWP", "HWP 5.0, HWP 3.0"},
                                                                  {"a.hwpx", "HWPX"},
                                                                  {"a.hml", "HWPML"},
                                                                  {"a.pdf", "PDF"},
                                                                  {"a.docx", "DOCX"},
                                                                  {"a.xlsx", "XLSX"},
                                                                  {"a.pptx", "PPTX"},
                                                                  {"a.odt", "ODT"},
                                                                  {"a.epub", "EPUB"}}) {
    for (const std::string& bytes : {std::string("글"), std::string("\xD0\xCF"), std::string("PK"), std::string("%PD"),
                                     std::string("\0\1\xFF", 3), std::string(), std::string(5000, 'a')}) {
      const auto document = read_document(bytes, name);
      ASSERT_FALSE(document) << name;
      EXPECT_EQ(document.error().kind, ErrorKind::kCorruptFile) << name;
      EXPECT_EQ(document.error().expected, expected);
      EXPECT_TRUE(bytes.empty() || document.error().got.find(std::to_string(bytes.size())) != std::string::npos)
          << document.error().got;
    }
  }
  for (const char* name : {"a", "a.txt", "a.log", "a.doc", "a.xls", "hwp"})
    EXPECT_TRUE(read_document("글", name)) << name;
  EXPECT_EQ(read_document("<!doctype html><p>글", "a.hwp").value().format, "html");
  EXPECT_EQ(read_document("글", "a.hwp").error().got, "3 bytes of text");
}

TEST(Detection, SaysWhereATextFileStopsBeingText) {
  const std::string cut = std::string("가나다").substr(0, 8);
  for (const char* name : {"a.txt", "a.md", "a.csv"}) {
    const auto document = read_document(cut, name);
    ASSERT_FALSE(document) << name;
    EXPECT_EQ(document.error().kind, ErrorKind::kInvalidInput) << name;
    EXPECT_NE(document.error().to_string().find("6"), std::string::npos) << document.error().to_string();
  }
  const auto unknown = read_document(cut, "a.bin");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::kUnsupported);
}

TEST(Rendering, JsonCountsCharacters) {
  const auto json = nlohmann::json::parse(render_json(read("# 가나\n\n다라마", "a.md")));
  EXPECT_EQ(json["text"], "가나\n\n다라마\n");
  EXPECT_EQ(json["blocks"][1]["begin"], 4);
  EXPECT_EQ(json["blocks"][1]["end"], 7);
  EXPECT_FALSE(json["blocks"][1].contains("page"));
}

}  // namespace
}  // namespace hanok::testing
