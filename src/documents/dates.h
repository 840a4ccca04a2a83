// Points in time as documents write them.
#pragma once

#include <string>
#include <string_view>

namespace hanok {

struct CivilTime {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int offset_minutes = 0;  // ahead of UTC
};

// "2024-01-01T18:04:05Z"; empty for what is no time.
std::string utc_text(const CivilTime& time);

// "2024-01-02T03:04:05+09" and its kin ("+09:00", "Z", no zone, no time of the day) in UTC; empty when it is none.
std::string utc_of_iso_date(std::string_view text);
// "Tue, 2 Jan 2024 03:04:05 +0900" of mail, in UTC; empty when it is none.
std::string utc_of_mail_date(std::string_view text);
// A day number of spreadsheets (1 is 1900-01-01, with the 29 February 1900 that never was; or counted from 1904) as
// "2024-01-02", "2024-01-02 03:04:05" or "03:04:05"; empty when it is out of range.
std::string text_of_serial_date(double days, bool is_from_1904, bool has_date, bool has_time);

}  // namespace hanok
