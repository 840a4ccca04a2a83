// Normalization forms where Hangul is composed.
#include "text/unicode.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "text/golden.h"

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

// Every character after its decomposition, and between a letter and two marks of which one sorts before most, as the
// reference has them; a hash for each quarter of a plane.
TEST(Normalization, EqualsTheReferenceOnEveryCharacter) {
  constexpr char32_t kQuarter = 0x4000;
  const golden::Json expected = golden::read_json("tokenizers/forms.json");
  const std::pair<const char*, Normalization> forms[] = {{"NFC", Normalization::kNfc},
                                                         {"NFD", Normalization::kNfd},
                                                         {"NFKC", Normalization::kNfkc},
                                                         {"NFKD", Normalization::kNfkd}};
  for (const auto& [name, form] : forms) {
    ASSERT_EQ(expected[name].size(), 0x110000 / kQuarter);
    for (char32_t first = 0; first < 0x110000; first += kQuarter) {
      std::string text;
      for (char32_t c = first; c < first + kQuarter; ++c) {
        if (c >= 0xd800 && c < 0xe000) continue;
        std::string alone;
        append_utf8(alone, c);
        text += normalize(normalize(alone, Normalization::kNfd), form) + "\n";
        text += normalize("a" + alone + "\u0334\u0316", form) + "\n";
      }
      EXPECT_EQ(golden::sha256_of(text).substr(0, 12), expected[name][first / kQuarter])
          << name << " from " << static_cast<uint32_t>(first);
    }
  }
}

}  // namespace
}  // namespace hanok
