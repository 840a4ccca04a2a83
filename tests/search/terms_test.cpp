// What texts are cut into: the table of the protocol, the same terms whatever the form, the places of a query's words.
#include "search/terms.h"

#include <gtest/gtest.h>

#include "text/unicode.h"

namespace hanok {
namespace {

std::vector<std::string> terms_of(const std::string& text) {
  std::vector<std::string> terms;
  for_each_term(fold_text(text), [&](std::string_view term) { terms.emplace_back(term); });
  return terms;
}

using Terms = std::vector<std::string>;

TEST(Terms, HangulAndHanjaArePairsAndTheRestIsWhole) {
  EXPECT_EQ(terms_of("국회는"), (Terms{"국", "국회", "회", "회는", "는"}));
  EXPECT_EQ(terms_of("國會"), (Terms{"國", "國會", "會"}));
  EXPECT_EQ(terms_of("ABC-12 Größe"), (Terms{"abc", "12", "größe"}));
  EXPECT_EQ(terms_of("제2조"), (Terms{"제", "2", "조"}));
  EXPECT_EQ(terms_of("한漢a1"), (Terms{"한", "漢", "a", "1"}));
  EXPECT_EQ(terms_of("かな"), (Terms{"か", "かな", "な"}));
  EXPECT_EQ(terms_of(" \n.,!?·"), Terms{});
}

TEST(Terms, PairsDoNotCrossASpace) {
  EXPECT_EQ(terms_of("가 나"), (Terms{"가", "나"}));
}

TEST(Terms, FormAndWidthMakeNoDifference) {
  const std::string text = "대한민국 ABC 12 각";
  EXPECT_EQ(terms_of(normalize(text, Normalization::kNfd)), terms_of(text));
  EXPECT_EQ(terms_of("ＡＢＣ　１２"), terms_of("abc 12"));
  EXPECT_EQ(terms_of("ﾡﾢ"), terms_of("ㄱㄲ"));
}

TEST(Terms, LongWordsAreCutOnACharacter) {
  const std::string word = std::string(63, 'a') + "éé";
  EXPECT_EQ(terms_of(word), (Terms{std::string(63, 'a')}));
}

TEST(Terms, AQueryHasEachTermOnceAndNotTooMany) {
  EXPECT_EQ(query_terms("가나 가나"), (Terms{"가", "가나", "나"}));
  EXPECT_EQ(query_terms("가나다라", 3), (Terms{"가", "가나", "나"}));
}

std::vector<std::string> found(const std::string& text, const std::string& query) {
  std::vector<std::string> out;
  for (const TextSpan span : find_query_words(text, query))
    out.push_back(text.substr(span.begin, span.end - span.begin));
  return out;
}

TEST(Terms, QueryWordsAreFoundWhereTheyStand) {
  EXPECT_EQ(found("연차 휴가는 15일이다. 휴일은 아니다", "연차휴가 15일"), (Terms{"연차", "휴가", "15일", "일"}));
  EXPECT_EQ(found("PDF 파일과 pdfs", "pdf"), (Terms{"PDF"}));
  EXPECT_EQ(found("물은 물이다", "물"), (Terms{"물", "물"}));
  EXPECT_EQ(found("아무것도 없다", "전혀 다름"), Terms{});
}

TEST(Terms, QueryWordsAreFoundInDecomposedText) {
  const std::string text = normalize("국회의 회기", Normalization::kNfd);
  EXPECT_EQ(found(text, "국회"), (Terms{normalize("국회", Normalization::kNfd)}));
}

}  // namespace
}  // namespace hanok
