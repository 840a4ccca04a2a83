// HTML as browsers meet it: open elements, old encodings, tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/html.h"
#include "documents/html_tokens.h"
#include "documents/reader.h"

namespace hanok::testing {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;

ReadDocument read(const std::string& html) {
  auto document = read_html(html, "a.html");
  EXPECT_TRUE(document) << document.error().to_string();
  return document ? std::move(*document) : ReadDocument{};
}

std::string text_of(const std::string& html) {
  return read(html).text;
}

TEST(Html, HeadingsParagraphsListsAndLinks) {
  const ReadDocument document = read(
      "<!DOCTYPE html><html><head><title>제목 &amp; 글</title><meta name=author content='김'>"
      "<style>p { color: red }</style><script>if (a < b) document.write('<p>아니')</script></head>"
      "<body><!-- 숨은 글 --><h2>첫째\n  머리</h2><p>글 <b>굵게</b>쓴 <a href='http://hanok.kr/?a=1&amp;b=2'>한옥</a>."
      "<p>둘째<br>줄<ul><li>가<li>나<ol start=3><li>다<li><p>라</ol></ul><pre>\n a  b\n  c</pre></body></html>");
  EXPECT_EQ(document.metadata.title, "제목 & 글");
  EXPECT_EQ(document.metadata.author, "김");
  EXPECT_EQ(document.text,
            "첫째 머리\n\n글 굵게쓴 한옥.\n\n둘째\n줄\n\n• 가\n\n• 나\n\n3. 다\n\n4. 라\n\n a  b\n  c\n");
  EXPECT_EQ(document.blocks[0].kind, BlockKind::kHeading);
  EXPECT_EQ(document.blocks[0].level, 2);
  ASSERT_EQ(document.blocks[1].marks.size(), 1u);
  const TextMark& link = document.blocks[1].marks[0];
  EXPECT_EQ(link.target, "http://hanok.kr/?a=1&b=2");
  EXPECT_EQ(document.blocks[1].text.substr(link.begin, link.end - link.begin), "한옥");
  EXPECT_EQ(document.blocks[0].page.certainty, PageCertainty::kNone);
}

TEST(Html, TablesHaveSpansCaptionsAndTablesInside) {
  const ReadDocument document = read(
      "<table><caption>표 1</caption><thead><tr><th rowspan=2>가<th colspan=2>나</thead><tr><td>다<td>라"
      "<tr><td>마<td colspan=2><table><tr><td>1<td>2</table></table>뒤");
  ASSERT_EQ(document.blocks.size(), 3u);
  EXPECT_EQ(document.blocks[0].kind, BlockKind::kCaption);
  EXPECT_EQ(document.blocks[0].text, "표 1");
  const DocumentTable& table = document.blocks[1].table;
  EXPECT_EQ(table.n_rows, 3u);
  EXPECT_EQ(table.n_columns, 3u);
  ASSERT_EQ(table.cells.size(), 6u);
  EXPECT_EQ(table.cells[0].row_span, 2u);
  EXPECT_EQ(table.cells[1].column_span, 2u);
  EXPECT_EQ(table.cells[2].column, 1u) << "the first column is taken from above";
  ASSERT_EQ(table.cells[5].blocks.size(), 1u);
  EXPECT_EQ(table.cells[5].blocks[0].table.cells.size(), 2u);
  EXPECT_EQ(document.text, "표 1\n\n가\t나\n다\t라\n마\t1 2\n\n뒤\n");
}

TEST(Html, TablesThatOnlyPlaceThingsAreNone) {
  EXPECT_EQ(read("<table><tr><td><h1>가</h1><p>나</table>").blocks.size(), 2u);
  EXPECT_EQ(text_of("<table role=presentation><tr><td>가<td>나</table>"), "가\n\n나\n");
}

TEST(Html, WhatNoReaderSeesIsLeftOut) {
  EXPECT_EQ(
      text_of("가<div "
              "hidden>나<div>다</div></div><template>라</template><noscript>마</noscript><svg><text>바</text></svg>사"),
      "가사\n");
  EXPECT_EQ(text_of("<p hidden>가<p>나"), "가\n\n나\n") << "nobody knows where it ends";
  EXPECT_EQ(text_of("a<script>b"), "a\n");
  EXPECT_EQ(text_of("<ruby>漢<rp>[</rp><rt>한</rt><rp>]</rp></ruby>"), "漢(한)\n");
  EXPECT_EQ(text_of("<ruby>漢<rp>[<rt>한<rp>]</ruby>자"), "漢(한)자\n");
}

TEST(Html, CharacterReferences) {
  EXPECT_EQ(
      resolve_references("&lt;&#44032;&#xAC01;&nbsp;&amp;amp; &copy &nosuch; &#0; &#xD800; &#x110000; &#150; a&b=c &"),
      "<가각\u00A0&amp; © &nosuch; \uFFFD \uFFFD \uFFFD – a&b=c &");
  EXPECT_EQ(resolve_references("&#99999999999999999999;"), "\uFFFD");
}

TEST(Html, BrokenTagsAreReadAsBrowsersDo) {
  EXPECT_EQ(text_of("a < b <3 <b"), "a < b <3\n");
  EXPECT_EQ(text_of("<p class='x>가</p>"), "");
  EXPECT_EQ(text_of("가</p></td></table></ul>나<td>다</tr>라"), "가\n\n나\n\n다\n\n라\n");
  EXPECT_EQ(text_of("<P>가<![CDATA[<나>]]><o:p>다</o:p><br/>"), "가<나>\n\n다\n");
  EXPECT_EQ(text_of("<table><tr><td>가"), "가\n");
  EXPECT_EQ(text_of(""), "");
}

TEST(Html, EveryEncodingIsFound) {
  const std::string korean = "\xC7\xD1\xB1\xDB";  // 한글 in EUC-KR
  EXPECT_EQ(text_of("<meta charset=\"euc-kr\"><p>" + korean), "한글\n");
  EXPECT_EQ(text_of("<meta http-equiv=Content-Type content='text/html; charset=ks_c_5601-1987'>" + korean), "한글\n");
  EXPECT_EQ(text_of("<p>" + korean), "한글\n");
  EXPECT_EQ(text_of("<meta charset=euc-kr><p>한글"), "한글\n") << "UTF-8 that calls itself something else";
  EXPECT_EQ(text_of("\xEF\xBB\xBF<p>한글"), "한글\n");
  EXPECT_EQ(text_of("\xFF\xFE<\x00p\x00>\x00\x5C\xD5\x00\xAE"s), "한글\n");
  EXPECT_EQ(text_of("<?xml version='1.0' encoding='euc-kr'?><html><p>" + korean), "한글\n");
}

TEST(Html, NestingIsBounded) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "<table><tr><td><div><ul><li><a href=x>";
  EXPECT_EQ(read(deep + "가").blocks.size(), 1u);
  std::string wide = "<table>";
  for (int i = 0; i < 3000; ++i) wide += "<td colspan=9999 rowspan=99999999999>가";
  const ReadDocument document = read(wide);
  EXPECT_EQ(document.blocks[0].table.n_columns, 1000u);
}

}  // namespace
}  // namespace hanok::testing
