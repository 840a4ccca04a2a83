// Encodings of Korean text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text_encoding.h"

namespace hanok {
namespace {

using ::testing::HasSubstr;

std::string decoded(std::string_view bytes) {
  const auto text = decode_text(bytes, "a.txt");
  return text ? text->text : "error: " + text.error().to_string();
}

TEST(DecodeText, ReadsWhatKoreanFilesAreWrittenIn) {
  EXPECT_EQ(decoded("한글 ABC"), "한글 ABC");
  EXPECT_EQ(decoded("\xEF\xBB\xBF한글"), "한글");
  EXPECT_EQ(decoded(std::string_view("\xFF\xFE\x5C\xD5\x00\xAE\x0A\x00", 8)), "한글\n");  // UTF-16, little-endian
  EXPECT_EQ(decoded(std::string_view("\xFE\xFF\xD5\x5C\xAE\x00\xD8\x3D\xDE\x00", 10)), "한글😀");  // big-endian, a pair
  EXPECT_EQ(decoded("\xC7\xD1\xB1\xDB"), "한글");                                 // EUC-KR's part of CP949
  EXPECT_EQ(decoded("\x8C\x63\xB9\xE6\xB0\xA2\xC7\xCF"), "똠방각하");             // 똠 is in CP949 alone
  EXPECT_EQ(decoded(std::string_view("\x5C\xD5\x6D\xAD\x0A\x00", 6)), "한국\n");  // UTF-16 without its mark
  EXPECT_EQ(decoded(""), "");
}

TEST(DecodeText, MakesOneLineEndOfAll) {
  EXPECT_EQ(decoded("가\r\n나\r다\n"), "가\n나\n다\n");
}

TEST(DecodeText, RefusesWhatIsNoText) {
  EXPECT_THAT(decoded(std::string_view("a\0b", 3)), HasSubstr("0x00 at byte 1"));
  EXPECT_THAT(decoded("가\xFF\xFF"), HasSubstr("0xff at byte 3"));
  EXPECT_THAT(decoded(std::string_view("\xFF\xFE\x00\xD8\x41\x00", 6)), HasSubstr("at byte 2")) << "half a pair";
  EXPECT_THAT(decoded(std::string_view("\xFF\xFE\x41", 3)), HasSubstr("at byte 2")) << "half a unit";
  EXPECT_THAT(decoded("%PDF-1.7\n"), HasSubstr("PDF"));
}

TEST(DecodeNamed, TakesTheNamesThatMailAndPagesUse) {
  for (const char* name : {"euc-kr", "ks_c_5601-1987", "KSC5601", "CP949"})
    EXPECT_EQ(decode_named("\x8C\x63\xB9\xE6", name), "똠방") << name;
  EXPECT_EQ(decode_named("caf\xE9", "iso-8859-1"), "café");
  EXPECT_EQ(decode_named("가", "UTF8"), "가");
  EXPECT_EQ(decode_named("\x1b$)C\x0eGQ1[\x0f", "iso-2022-kr"), "한글");
  EXPECT_EQ(decode_named("가", "no-such-encoding"), std::nullopt);
  EXPECT_EQ(decode_named("가", ""), std::nullopt);
}

TEST(DecodeNamed, ReplacesWhatHasNoMeaning) {
  EXPECT_EQ(decode_named("\xC7\xD1\xFF\xB1\xDB", "euc-kr"), "한\uFFFD글");
  EXPECT_EQ(decode_named("a\xFF", "utf-8"), "a\uFFFD");
}

}  // namespace
}  // namespace hanok
