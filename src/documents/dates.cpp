#include "documents/dates.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "documents/bytes.h"

namespace hanok {
namespace {

constexpr int kMaxYear = 9999;

bool is_valid(const CivilTime& t) {
  const std::chrono::year_month_day day{std::chrono::year(t.year), std::chrono::month(static_cast<unsigned>(t.month)),
                                        std::chrono::day(static_cast<unsigned>(t.day))};
  return t.year >= 1 && t.year <= kMaxYear && day.ok() && t.hour >= 0 && t.hour < 24 && t.minute >= 0 &&
         t.minute < 60 && t.second >= 0 && t.second <= 60 && std::abs(t.offset_minutes) < 24 * 60;
}

// Takes the digits that the text begins with, at most max_digits.
std::optional<int> take_number(std::string_view& text, size_t max_digits) {
  size_t n = 0;
  while (n < text.size() && n < max_digits && text[n] >= '0' && text[n] <= '9') ++n;
  if (n == 0) return std::nullopt;
  int value = 0;
  std::from_chars(text.data(), text.data() + n, value);
  text.remove_prefix(n);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

void take_clock(std::string_view& text, CivilTime& time) {
  time.hour = take_number(text, 2).value_or(-1);
  if (take(text, ':')) time.minute = take_number(text, 2).value_or(-1);
  if (take(text, ':')) time.second = take_number(text, 2).value_or(-1);
  if (take(text, '.')) take_number(text, 9);
}

void take_offset(std::string_view& text, CivilTime& time) {
  const int sign = text.starts_with('-') ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return;
  const int hours = take_number(text, 2).value_or(0);
  take(text, ':');
  time.offset_minutes = sign * (hours * 60 + take_number(text, 2).value_or(0));
}

std::string_view take_word(std::string_view& text) {
  text = trim(text);
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  text = trim(text);
  return word;
}

int month_of(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (size_t i = 0; i < kMonths.size(); ++i)
    if (name.substr(0, 3) == kMonths[i]) return static_cast<int>(i) + 1;
  return 0;
}

std::string date_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string clock_text(int64_t seconds) {
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

std::string utc_text(const CivilTime& time) {
  if (!is_valid(time)) return {};
  const std::chrono::sys_days day = std::chrono::year(time.year) /
                                    std::chrono::month(static_cast<unsigned>(time.month)) /
                                    std::chrono::day(static_cast<unsigned>(time.day));
  const auto utc = std::chrono::sys_seconds(day) + std::chrono::hours(time.hour) +
                   std::chrono::minutes(time.minute - time.offset_minutes) + std::chrono::seconds(time.second);
  const auto utc_day = std::chrono::floor<std::chrono::days>(utc);
  return date_text(utc_day) + "T" + clock_text((utc - utc_day).count()) + "Z";
}

std::string utc_of_iso_date(std::string_view text) {
  CivilTime time;
  text = trim(text);
  time.year = take_number(text, 4).value_or(0);
  if (!take(text, '-')) return {};
  time.month = take_number(text, 2).value_or(0);
  if (!take(text, '-')) return {};
  time.day = take_number(text, 2).value_or(0);
  if (take(text, 'T') || take(text, ' ')) take_clock(text, time);
  take_offset(text, time);
  return utc_text(time);
}

std::string utc_of_mail_date(std::string_view text) {
  if (const size_t comma = text.find(','); comma != std::string_view::npos) text.remove_prefix(comma + 1);
  CivilTime time;
  std::string_view day = take_word(text);
  time.day = take_number(day, 2).value_or(0);
  time.month = month_of(take_word(text));
  std::string_view year = take_word(text);
  time.year = take_number(year, 4).value_or(0);
  std::string_view clock = take_word(text);
  take_clock(clock, time);
  take_offset(text, time);
  return time.month == 0 ? std::string() : utc_text(time);
}

std::string text_of_serial_date(double days, bool is_from_1904, bool has_date, bool has_time) {
  constexpr double kLastDay = 2958466;  // 10000-01-01
  if (!(days >= 0) || days >= kLastDay) return {};
  auto whole = static_cast<int64_t>(std::floor(days));
  int64_t seconds = std::llround((days - static_cast<double>(whole)) * 86400);
  if (seconds == 86400) {
    seconds = 0;
    ++whole;
  }
  const std::string clock = clock_text(has_date ? seconds : seconds + 86400 * whole);
  if (!has_date) return clock;
  const std::chrono::sys_days from_1904 = std::chrono::year(1904) / 1 / 1;
  const std::chrono::sys_days from_1900 = std::chrono::year(1899) / 12 / (whole < 60 ? 31 : 30);
  const std::string date = !is_from_1904 && whole == 60
                               ? "1900-02-29"
                               : date_text((is_from_1904 ? from_1904 : from_1900) + std::chrono::days(whole));
  return has_time ? date + " " + clock : date;
}

}  // namespace hanok
