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

std::string utf16(std::u16string_view text, bool is_big) {
  std::string bytes;
  for (const char16_t unit : text)
    for (const int shift : {is_big ? 8 : 0, is_big ? 0 : 8}) bytes += static_cast<char>(unit >> shift & 0xff);
  return bytes;
}

TEST(DecodeText, KnowsKoreanUtf16WithoutItsMark) {
  for (const bool is_big : {false, true}) {
    const auto same = [&](std::u16string_view text, std::string_view expected) {
      EXPECT_EQ(decoded(utf16(text, is_big)), expected) << (is_big ? "big" : "little") << "-endian";
    };
    same(u"연차 휴가는 일 년에 15일이며, 가족 돌봄 휴가는 따로 준다.",
         "연차 휴가는 일 년에 15일이며, 가족 돌봄 휴가는 따로 준다.");
    same(u"가대저영", "가대저영");  // zeros in the wrong half alone
    same(u"한국어로만띄어쓰지않고쓴말한국어로만띄어쓰지않고쓴말",
         "한국어로만띄어쓰지않고쓴말한국어로만띄어쓰지않고쓴말");
    same(u"漢字와 한글을 함께 쓴다", "漢字와 한글을 함께 쓴다");
    same(u"plain English", "plain English");
  }
  EXPECT_EQ(decoded("\xC7\xD1\xB1\xB9\xBE\xEE\xB7\xCE\xB8\xB8\xBE\xB4\xB1\xDB"), "한국어로만쓴글")
      << "CP949 goes first";
}

TEST(DecodeText, ReadsSevenBitKorean) {
  EXPECT_EQ(decoded("\x1b$)CABC \x0eGQ1[\x0f\n"), "ABC 한글\n");
}

TEST(DecodeText, NamesTheByteWhereTheBetterGuessEnds) {
  EXPECT_THAT(decoded("\xC7\xD1\xB1\xDB\xFF\xFF "), HasSubstr("0xff at byte 4")) << "CP949";
}

TEST(DecodeDamagedText, LeavesOutAFewBytesThatAreNone) {
  std::string utf8, cp949;
  for (int i = 0; i < 500; ++i) utf8 += "한글 ", cp949 += "\xC7\xD1\xB1\xDB ";
  for (std::string bytes : {utf8, "\xEF\xBB\xBF" + utf8, cp949}) {
    EXPECT_EQ(decode_damaged_text(bytes, "a")->n_damaged, 0u);
    bytes.insert(bytes.size() - 1, "\xFF");
    const auto text = decode_damaged_text(bytes, "a");
    ASSERT_TRUE(text) << text.error().to_string();
    EXPECT_EQ(text->n_damaged, 1u);
    EXPECT_EQ(text->text, utf8.substr(0, utf8.size() - 1) + "\uFFFD ");
    EXPECT_FALSE(decode_text(bytes, "a"));
    EXPECT_FALSE(decode_damaged_text(bytes + std::string(10, '\xFF'), "a")) << "too many";
  }
  EXPECT_FALSE(decode_damaged_text("short \xFF", "a"));
  EXPECT_FALSE(decode_damaged_text(utf8 + std::string(1, '\0'), "a"));
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
