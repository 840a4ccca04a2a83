// Normalization forms where Hangul is composed.
#include "text/unicode.h"

#include <string>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace hanok {
namespace {

TEST(Normalization, ComposesJamoIntoSyllables) {
  EXPECT_EQ(normalize("\u1112\u1161\u11ab\u1100\u1173\u11af", Normalization::kNfc), "한글");
  EXPECT_EQ(normalize("하\u11ab", Normalization::kNfc), "한");
  EXPECT_EQ(normalize("\u1112\u1161\u1112\u1161", Normalization::kNfkc), "하하");
}

// U+11A7 lies where a final consonant of number 0 would; it composes with nothing.
TEST(Normalization, KeepsTheCodeBeforeTheFirstFinalConsonant) {
  for (const Normalization form : {Normalization::kNfc, Normalization::kNfkc}) {
    EXPECT_EQ(normalize("\u1112\u1161\u11a7", form), "하\u11a7");
    EXPECT_EQ(normalize("\u11a7\u11a7\u1112\u1161\u11a7\u11ab\u11a7", form), "\u11a7\u11a7하\u11a7\u11ab\u11a7");
    for (char32_t syllable = 0xac00; syllable <= 0xd7a3; syllable += 28) {
      std::string text;
      append_utf8(text, syllable);
      text += "\u11a7";
      EXPECT_EQ(normalize(text, form), text);
    }
  }
  EXPECT_EQ(normalize("하\u11a7", Normalization::kNfd), "\u1112\u1161\u11a7");
}

}  // namespace
}  // namespace hanok
