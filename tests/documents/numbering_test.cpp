// Numbers of outlines and lists.
#include <gtest/gtest.h>

#include "documents/numbering.h"

namespace hanok::testing {
namespace {

TEST(NumberFormats, AsHangulWritesThem) {
  EXPECT_EQ(format_number(14, NumberFormat::kHangulSyllable), "하");
  EXPECT_EQ(format_number(15, NumberFormat::kHangulSyllable), "거");
  EXPECT_EQ(format_number(46, NumberFormat::kHangulSyllable), "루");
  EXPECT_EQ(format_number(60, NumberFormat::kHangulSyllable), "르");
  EXPECT_EQ(format_number(20, NumberFormat::kCircledDigit), "⑳");
  EXPECT_EQ(format_number(1994, NumberFormat::kRomanCapital), "MCMXCIV");
  EXPECT_EQ(format_number(49, NumberFormat::kRomanSmall), "xlix");
  EXPECT_EQ(format_number(123, NumberFormat::kHanjaNumber), "百二十三");
  EXPECT_EQ(format_number(10, NumberFormat::kHangulNumber), "십");
  EXPECT_EQ(format_number(99, NumberFormat::kCircledHangulSyllable), "99");
}

TEST(ParagraphNumbering, DeeperLevelsStartAgainAndMissingOnesCountAsFirst) {
  Numbering numbering;
  numbering[0].pattern = "^1.";
  numbering[1] = {"^1.^2", NumberFormat::kDigit, 5};
  numbering[2].pattern = "^N";
  ParagraphNumbers numbers;
  EXPECT_EQ(numbers.next(1, numbering, 2), "1.5.1.");
  EXPECT_EQ(numbers.next(1, numbering, 0), "1.");
  EXPECT_EQ(numbers.next(1, numbering, 1), "1.5");
  EXPECT_EQ(numbers.next(1, numbering, 1), "1.6");
  EXPECT_EQ(numbers.next(1, numbering, 0), "2.");
  EXPECT_EQ(numbers.next(1, numbering, 1), "2.5");
  EXPECT_EQ(numbers.next(2, numbering, 0), "1.");
}

}  // namespace
}  // namespace hanok::testing
