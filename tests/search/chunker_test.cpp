// Passages follow headings, paragraphs and rows, keep their size, place and page, and share a sentence where one is
// cut.
#include "search/chunker.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "documents/reader.h"
#include "documents/zip_writer.h"
#include "text/unicode.h"

namespace hanok {
namespace {

size_t n_chars(std::string_view text) {
  size_t n = 0;
  for_each_char(text, [&](char32_t, std::string_view) { ++n; });
  return n;
}

std::string characters(const std::string& text, size_t begin, size_t end) {
  std::string out;
  size_t i = 0;
  for_each_char(text, [&](char32_t, std::string_view bytes) {
    if (i >= begin && i < end) out += bytes;
    ++i;
  });
  return out;
}

ReadDocument read(const std::string& text, const std::string& name = "a.md") {
  auto document = read_document(text, name);
  EXPECT_TRUE(document);
  return std::move(*document);
}

std::string sentence(int i) {
  return "이것은 " + std::to_string(i) + "번째 문장이며 예순 글자에 조금 못 미치도록 알맞게 길게 늘여 쓴 글이다.";
}

std::string paragraph(int first, int n) {
  std::string out;
  for (int i = first; i < first + n; ++i) out += (i > first ? " " : "") + sentence(i);
  return out;
}

TEST(Chunker, EveryPassageIsWhereItSays) {
  const ReadDocument document = read("# 제목\n\n" + paragraph(1, 30) + "\n\n## 둘째\n\n" + paragraph(40, 9) +
                                     "\n\n| 가 | 나 |\n|---|---|\n| 1 | 2 |\n");
  const auto chunks = chunk_document(document);
  ASSERT_GT(chunks.size(), 3u);
  for (const NewChunk& c : chunks) {
    EXPECT_EQ(characters(document.text, c.begin, c.end), c.text);
    EXPECT_LE(n_chars(c.text), ChunkOptions().most + 10) << "and some white space";
  }
}

TEST(Chunker, NothingIsLostAndOneSentenceIsShared) {
  const ReadDocument document = read(paragraph(1, 40));
  const auto chunks = chunk_document(document);
  ASSERT_GT(chunks.size(), 3u);
  for (size_t i = 0; i + 1 < chunks.size(); ++i) {
    ASSERT_LT(chunks[i + 1].begin, chunks[i].end) << "shared";
    ASSERT_GT(chunks[i + 1].end, chunks[i].end);
    const std::string shared = characters(document.text, chunks[i + 1].begin, chunks[i].end);
    EXPECT_TRUE(shared.starts_with("이것은") && shared.ends_with("이다.")) << shared;
    EXPECT_GE(n_chars(chunks[i].text), ChunkOptions().enough);
  }
  EXPECT_EQ(chunks.front().begin, 0u);
  EXPECT_TRUE(chunks.back().text.ends_with(sentence(40)));
}

TEST(Chunker, AParagraphsEndEndsAPassageThatIsLongEnough) {
  const auto chunks = chunk_document(read(paragraph(1, 7) + "\n\n" + paragraph(10, 7)));
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_TRUE(chunks[0].text.ends_with(sentence(7)));
  EXPECT_TRUE(chunks[1].text.starts_with(sentence(10)));
}

TEST(Chunker, ShortParagraphsStayTogether) {
  EXPECT_EQ(chunk_document(read("하나\n\n둘\n\n셋")).size(), 1u);
}

TEST(Chunker, HeadingsBeginPassagesAndNameThem) {
  const auto chunks = chunk_document(
      read("# 규정\n\n## 제1장\n\n" + paragraph(1, 4) + "\n\n## 제2장\n\n### 휴가\n\n" + paragraph(10, 4)));
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0].heading, "규정");
  EXPECT_TRUE(chunks[0].text.starts_with("규정\n\n제1장\n\n이것은"));
  EXPECT_EQ(chunks[1].heading, "규정 › 제2장");
  EXPECT_TRUE(chunks[1].text.starts_with("제2장\n\n휴가\n\n이것은 10번째"));
}

TEST(Chunker, RowsStayWholeUnderTheirFirst) {
  std::string table = "| 이름 | 설명 |\n|---|---|\n";
  for (int i = 1; i <= 30; ++i) table += "| 항목" + std::to_string(i) + " | " + sentence(i) + " |\n";
  const auto chunks = chunk_document(read(table));
  ASSERT_GT(chunks.size(), 2u);
  for (size_t i = 1; i < chunks.size(); ++i) {
    EXPECT_EQ(chunks[i].heading, "이름 설명");
    EXPECT_TRUE(chunks[i].text.starts_with("항목")) << chunks[i].text;
    EXPECT_TRUE(chunks[i].text.ends_with("글이다."));
  }
}

TEST(Chunker, WhatHasNoEndIsCut) {
  const auto words = chunk_document(read([] {
    std::string text;
    for (int i = 0; i < 500; ++i) text += "낱말 ";
    return text;
  }()));
  ASSERT_GT(words.size(), 1u);
  for (const NewChunk& c : words) EXPECT_TRUE(c.text.ends_with("낱말") && c.text.starts_with("낱말"));
  const auto blob = chunk_document(read(std::string(5000, 'x')));
  EXPECT_EQ(blob.size(), 9u);
}

TEST(Chunker, WhatSaysNothingIsLeftOut) {
  EXPECT_TRUE(chunk_document(read("-----\n\n. . .\n", "a.txt")).empty());
  EXPECT_TRUE(chunk_document(read("", "a.txt")).empty());
}

// Paragraphs of a document, each on a page of its own.
ReadDocument paged(const std::vector<std::string>& paragraphs, PageFlow flow, int first_page = 1) {
  std::string all;
  for (const std::string& each : paragraphs) all += each + "\n\n";
  ReadDocument document = read(all, "a.txt");
  EXPECT_EQ(document.blocks.size(), paragraphs.size());
  for (size_t i = 0; i < document.blocks.size(); ++i)
    document.blocks[i].page = {first_page + static_cast<int>(i), PageCertainty::kExact};
  document.n_pages = first_page + static_cast<int>(paragraphs.size()) - 1;
  document.page_flow = flow;
  return document;
}

TEST(Chunker, APassageHasThePageOfWhatIsNewInIt) {
  ReadDocument document = paged({paragraph(1, 12), paragraph(20, 12)}, PageFlow::kWithin, 3);
  document.blocks[1].page.certainty = PageCertainty::kApproximate;
  const auto chunks = chunk_document(document);
  EXPECT_EQ(chunks.front().page.number, 3);
  EXPECT_EQ(chunks.front().last_page, 3);
  EXPECT_EQ(chunks.back().page.number, 4);
  EXPECT_EQ(chunks.back().page.certainty, PageCertainty::kApproximate);
}

TEST(Chunker, WhatIsJoinedOverPagesSaysItsFirstAndItsLast) {
  ReadDocument document = paged({"가 하나", "나 둘", "다 셋", paragraph(1, 6)}, PageFlow::kWithin);
  document.blocks[1].page.certainty = PageCertainty::kApproximate;
  const auto chunks = chunk_document(document);
  ASSERT_EQ(chunks.size(), 1u) << "short pages make no short passages";
  EXPECT_EQ(chunks[0].page.number, 1);
  EXPECT_EQ(chunks[0].last_page, 4);
  EXPECT_EQ(chunks[0].page.certainty, PageCertainty::kApproximate) << "as its least certain page";
}

TEST(Chunker, EverySlideAndSheetEndsAPassage) {
  const auto chunks = chunk_document(paged({"표지", "목차", "본문", "결론"}, PageFlow::kWholes));
  ASSERT_EQ(chunks.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(chunks[i].page.number, i + 1);
    EXPECT_EQ(chunks[i].last_page, i + 1);
    EXPECT_EQ(chunks[i].page.certainty, PageCertainty::kExact);
  }
}

TEST(Chunker, PagesThatGoBackAreNotJoined) {
  ReadDocument document = paged({"본문", "각주"}, PageFlow::kFlows);
  document.blocks[0].page.number = 9;
  const auto chunks = chunk_document(document);
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0].last_page, 9);
  EXPECT_EQ(chunks[1].page.number, 2);
}

// Of a table or a paragraph that goes on over pages, only the page where it begins is known.
TEST(Chunker, WithinWhatFlowsOverPagesThePageIsNotExact) {
  const auto pages_of = [](PageFlow flow) {
    ReadDocument document = paged({paragraph(1, 40), paragraph(50, 8)}, flow);
    document.blocks[1].page.number = document.n_pages = 4;
    return chunk_document(document);
  };
  const auto flowing = pages_of(PageFlow::kFlows), within = pages_of(PageFlow::kWithin);
  ASSERT_GT(flowing.size(), 3u);
  EXPECT_EQ(flowing[0].last_page, 1);
  EXPECT_EQ(flowing[0].page.certainty, PageCertainty::kExact);
  EXPECT_EQ(flowing[1].page.number, 1);
  EXPECT_EQ(flowing[1].last_page, 4);
  EXPECT_EQ(flowing[1].page.certainty, PageCertainty::kApproximate);
  EXPECT_EQ(flowing.back().page.number, 4);
  EXPECT_EQ(within[1].last_page, 1);
  EXPECT_EQ(within[1].page.certainty, PageCertainty::kExact);
}

std::string slide(const std::string& text) {
  return "<p:sld><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>" + text +
         "</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>";
}

TEST(Chunker, TheFourthSlideIsCitedAsTheFourth) {
  std::string ids, relations;
  testing::Members members;
  for (int i = 1; i <= 5; ++i) {
    const std::string n = std::to_string(i);
    ids += "<p:sldId id=\"" + n + "\" r:id=\"r" + n + "\"/>";
    relations += "<Relationship Id=\"r" + n + "\" Type=\"x/slide\" Target=\"s" + n + ".xml\"/>";
    members["ppt/s" + n + ".xml"] = slide("발표 " + n);
  }
  members["ppt/presentation.xml"] =
      "<p:presentation xmlns:r=\"r\"><p:sldIdLst>" + ids + "</p:sldIdLst></p:presentation>";
  members["ppt/_rels/presentation.xml.rels"] = "<R>" + relations + "</R>";
  const auto chunks = chunk_document(read(testing::zipped(members), "a.pptx"));
  ASSERT_EQ(chunks.size(), 5u);
  EXPECT_EQ(chunks[3].text, "발표 4");
  EXPECT_EQ(chunks[3].page.number, 4);
}

}  // namespace
}  // namespace hanok
