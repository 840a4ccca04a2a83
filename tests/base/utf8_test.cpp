// UTF-8: lengths, code points and repair by the Unicode standard's table 3-7 and its practice of maximal subparts.
#include "base/utf8.h"

#include <gtest/gtest.h>

namespace hanok {
namespace {

using namespace std::string_view_literals;

constexpr auto kReplacement = "\xef\xbf\xbd"sv;

TEST(Utf8, EveryCodePointSurvivesARoundTrip) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string text;
    append_utf8(text, c);
    ASSERT_EQ(text.size(), c < 0x80 ? 1u : c < 0x800 ? 2u : c < 0x10000 ? 3u : 4u);
    ASSERT_EQ(utf8_char_length(text), text.size()) << static_cast<uint32_t>(c);
    ASSERT_EQ(utf8_code_point(text), c);
    ASSERT_EQ(replace_invalid_utf8(text), text);
    ASSERT_EQ(complete_utf8_prefix(text), text.size());
    for (size_t n = 1; n < text.size(); ++n) {
      ASSERT_EQ(utf8_char_length(text.substr(0, n)), 0u);
      ASSERT_EQ(complete_utf8_prefix("a" + text.substr(0, n)), 1u) << static_cast<uint32_t>(c);
    }
  }
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndWhatIsBeyondUnicode) {
  for (const auto text : {"\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xf0\x8f\xbf\xbf"sv, "\xed\xa0\x80"sv,
                          "\xed\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\x80"sv, "\xff"sv, ""sv})
    EXPECT_EQ(utf8_char_length(text), 0u);
}

TEST(Utf8, RepairsEachMaximalBrokenPartByOneReplacement) {
  const auto repaired = [](std::string_view text, int n_replacements, std::string_view rest) {
    std::string expected;
    for (int i = 0; i < n_replacements; ++i) expected += kReplacement;
    EXPECT_EQ(replace_invalid_utf8(text), expected + std::string(rest));
  };
  repaired("\xea\xb0", 1, "");    // 가 cut short: one part
  repaired("\xea\xb0z", 1, "z");  // broken off by a letter
  repaired("\xea\xb0\xea\xb0\x80", 1, "가");
  repaired("\xf0\x9f\x92", 1, "");  // three bytes of an emoji
  repaired("\xc0\xaf", 2, "");      // an overlong form has no valid beginning
  repaired("\xed\xa0\x80", 3, "");  // nor has a surrogate beyond its first byte
  repaired("\xf4\x91\x92\x93\xff", 5, "");
  repaired("\x80\x80", 2, "");
  // The example of the standard, section 3.9.
  EXPECT_EQ(replace_invalid_utf8("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64"),
            "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
            "b\xef\xbf\xbd"
            "c\xef\xbf\xbd\xef\xbf\xbd"
            "d");
  EXPECT_EQ(replace_invalid_utf8("a\0b"sv), "a\0b"sv);
}

TEST(Utf8, ThePrefixKeepsBrokenBytesThatNoLaterByteCanMend) {
  EXPECT_EQ(complete_utf8_prefix(""), 0u);
  EXPECT_EQ(complete_utf8_prefix("가\xea"), 3u);
  EXPECT_EQ(complete_utf8_prefix("가\xea\xb0"), 3u);
  EXPECT_EQ(complete_utf8_prefix("\xf0\x9f\x92"), 0u);
  EXPECT_EQ(complete_utf8_prefix("a\xff"), 2u);
  EXPECT_EQ(complete_utf8_prefix("a\x80\x80\x80"), 4u);
  EXPECT_EQ(complete_utf8_prefix("\xed\xa0"), 2u);  // a surrogate will never be whole
}

}  // namespace
}  // namespace hanok
