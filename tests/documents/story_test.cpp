// The same story in several formats reads the same.
#include <gtest/gtest.h>

#include "documents/reader.h"
#include "documents/story.h"

namespace hanok::testing {
namespace {

ReadDocument read(const std::string& bytes, const std::string& name) {
  auto document = read_document(bytes, name);
  EXPECT_TRUE(document) << name << ": " << document.error().to_string();
  return document ? std::move(*document) : ReadDocument{};
}

std::vector<std::string> shapes_of(const ReadDocument& document) {
  std::vector<std::string> out;
  for (const DocumentBlock& block : document.blocks) {
    std::string shape = std::to_string(static_cast<int>(block.kind)) + "/" + std::to_string(block.level) + "/p" +
                        std::to_string(block.page.number);
    for (const TableCell& cell : block.table.cells)
      shape += " " + std::to_string(cell.row) + "," + std::to_string(cell.column) + "+" +
               std::to_string(cell.row_span) + "x" + std::to_string(cell.column_span);
    out.push_back(shape);
  }
  return out;
}

TEST(Stories, Hwp5AndHwpxReadTheSame) {
  for (const NamedStory& each : example_stories()) {
    const ReadDocument hwp5 = read(hwp5_of(each.story), each.name + ".hwp");
    const ReadDocument hwpx = read(hwpx_of(each.story), each.name + ".hwpx");
    EXPECT_FALSE(hwp5.text.empty()) << each.name;
    EXPECT_EQ(hwp5.text, hwpx.text) << each.name;
    EXPECT_EQ(shapes_of(hwp5), shapes_of(hwpx)) << each.name;
  }
}

TEST(Stories, NumbersAreCounted) {
  for (const NamedStory& each : example_stories()) {
    if (each.name != "numbering") continue;
    const std::string text = read(hwp5_of(each.story), "a.hwp").text;
    EXPECT_EQ(text,
              "제1장 총칙\n\n제1조 목적\n\n이 규정은 한옥을 지키는 데에 쓰인다.\n\n제2조 정의\n\n한옥이란 다음 각 호를 "
              "갖춘 집을 말한다.\n\n1. 나무로 된 뼈대\n\n가. 기둥\n\n나. 보\n\n2. 흙으로 된 벽\n\n제2장 지원\n\n제1조 "
              "신청\n\n● 신청서\n\n● 사진\n");
  }
}

TEST(Stories, PagesAreCountedOverSections) {
  for (const NamedStory& each : example_stories()) {
    if (each.name != "sections-and-pages") continue;
    const ReadDocument document = read(hwp5_of(each.story), "a.hwp");
    EXPECT_EQ(document.n_pages, 5);
    EXPECT_EQ(document.blocks.back().page.number, 5);
    EXPECT_EQ(document.blocks.back().page.certainty, PageCertainty::kExact);
  }
}

}  // namespace
}  // namespace hanok::testing
