// Where sentences end: Korean endings, numbers, lists, abbreviations, quotations.
#include "search/sentences.h"

#include <string>

#include <gtest/gtest.h>

namespace hanok {
namespace {

using Sentences = std::vector<std::string>;

Sentences split(const std::string& text) {
  Sentences out;
  for (const TextSpan span : split_sentences(text)) out.push_back(text.substr(span.begin, span.end - span.begin));
  return out;
}

TEST(Sentences, EndWithKoreanEndings) {
  EXPECT_EQ(split("비가 온다. 우산을 가져가세요! 왜요? 그냥…"),
            (Sentences{"비가 온다.", "우산을 가져가세요!", "왜요?", "그냥…"}));
  EXPECT_EQ(split("비가 왔다.그래서 늦었다.끝"), (Sentences{"비가 왔다.", "그래서 늦었다.", "끝"}));
  EXPECT_EQ(split("끝없는 글"), (Sentences{"끝없는 글"}));
  EXPECT_EQ(split(" \n "), Sentences{});
  EXPECT_EQ(split("終わり。次"), (Sentences{"終わり。", "次"}));
}

TEST(Sentences, NumbersAndShortWordsEndNone) {
  EXPECT_EQ(split("2026. 3. 1.부터 3.14배가 된다. 다음"), (Sentences{"2026. 3. 1.부터 3.14배가 된다.", "다음"}));
  EXPECT_EQ(split("Mr. Kim met J. Lee, e.g. in Seoul. Then he left."),
            (Sentences{"Mr. Kim met J. Lee, e.g. in Seoul.", "Then he left."}));
  EXPECT_EQ(split("주소는 www.korea.kr 이다. 끝"), (Sentences{"주소는 www.korea.kr 이다.", "끝"}));
}

TEST(Sentences, ItemsOfListsAreTheirOwn) {
  EXPECT_EQ(split("1. 목적\n2. 범위\n가. 대상\n① 하나\n- 둘\n제2조(정의) 이 법"),
            (Sentences{"1. 목적", "2. 범위", "가. 대상", "① 하나", "- 둘", "제2조(정의) 이 법"}));
}

TEST(Sentences, ALineEndInsideASentenceEndsNone) {
  EXPECT_EQ(split("긴 문장이\n다음 줄로 이어진다.\n다음 문장"),
            (Sentences{"긴 문장이\n다음 줄로 이어진다.", "다음 문장"}));
  EXPECT_EQ(split("한 문단\n\n다른 문단"), (Sentences{"한 문단", "다른 문단"}));
}

TEST(Sentences, WhatIsQuotedDoesNotEndTheSentenceAround) {
  EXPECT_EQ(split("그는 “왜?”라고 물었다. 답은 없었다."), (Sentences{"그는 “왜?”라고 물었다.", "답은 없었다."}));
  EXPECT_EQ(split("“간다.” 그가 말했다."), (Sentences{"“간다.”", "그가 말했다."}));
}

}  // namespace
}  // namespace hanok
