// Times as documents write them.
#include <gtest/gtest.h>

#include "documents/dates.h"

namespace hanok::testing {
namespace {

TEST(Dates, BecomeUtc) {
  EXPECT_EQ(utc_of_iso_date("2024-01-02T03:04:05+09"), "2024-01-01T18:04:05Z");
  EXPECT_EQ(utc_of_iso_date("2024-01-02T03:04:05.678-01:30"), "2024-01-02T04:34:05Z");
  EXPECT_EQ(utc_of_iso_date("2024-02-29"), "2024-02-29T00:00:00Z");
  EXPECT_EQ(utc_of_mail_date("Tue, 2 Jan 2024 03:04:05 +0900 (KST)"), "2024-01-01T18:04:05Z");
  EXPECT_EQ(utc_of_mail_date("2 Jan 2024 03:04 GMT"), "2024-01-02T03:04:00Z");
}

TEST(Dates, WhatIsNoneIsEmpty) {
  for (const char* text :
       {"", "어제", "2023-02-29", "2024-13-01", "2024-01-02T25:00:00", "9999-99-99T", "2024-01-02+99:99"})
    EXPECT_EQ(utc_of_iso_date(text), "") << text;
  for (const char* text : {"", ",,,", "Tue, 2 Foo 2024 03:04:05 +0900", "99 Jan 2024 03:04:05", "2 Jan"})
    EXPECT_EQ(utc_of_mail_date(text), "") << text;
}

TEST(Dates, SerialDaysAreThoseOfSpreadsheets) {
  EXPECT_EQ(text_of_serial_date(1, false, true, false), "1900-01-01");
  EXPECT_EQ(text_of_serial_date(59, false, true, false), "1900-02-28");
  EXPECT_EQ(text_of_serial_date(60, false, true, false), "1900-02-29");
  EXPECT_EQ(text_of_serial_date(61, false, true, false), "1900-03-01");
  EXPECT_EQ(text_of_serial_date(45292.5, false, true, true), "2024-01-01 12:00:00");
  EXPECT_EQ(text_of_serial_date(0, true, true, false), "1904-01-01");
  EXPECT_EQ(text_of_serial_date(1.25, false, false, true), "30:00:00");
  EXPECT_EQ(text_of_serial_date(0.9999999999, false, false, true), "24:00:00");
  EXPECT_EQ(text_of_serial_date(-1, false, true, false), "");
  EXPECT_EQ(text_of_serial_date(1e300, false, true, false), "");
}

}  // namespace
}  // namespace hanok::testing
