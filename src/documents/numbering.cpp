#include "documents/numbering.h"

#include <algorithm>
#include <string_view>

#include "base/utf8.h"

namespace hanok {
namespace {

std::string roman(uint32_t n, bool is_capital) {
  struct Step {
    uint32_t value;
    const char* capital;
    const char* small;
  };
  constexpr Step kSteps[] = {{1000, "M", "m"}, {900, "CM", "cm"}, {500, "D", "d"},  {400, "CD", "cd"}, {100, "C", "c"},
                             {90, "XC", "xc"}, {50, "L", "l"},    {40, "XL", "xl"}, {10, "X", "x"},    {9, "IX", "ix"},
                             {5, "V", "v"},    {4, "IV", "iv"},   {1, "I", "i"}};
  std::string out;
  for (const Step& step : kSteps)
    for (; n >= step.value; n -= step.value) out += is_capital ? step.capital : step.small;
  return out;
}

std::string character(char32_t c) {
  std::string out;
  append_utf8(out, c);
  return out;
}

// The n-th character of a list; empty beyond its end.
std::string listed(uint32_t n, std::u32string_view list) {
  return n >= 1 && n <= list.size() ? character(list[n - 1]) : std::string();
}

std::string circled_digit(uint32_t n) {
  if (n >= 1 && n <= 20) return character(0x2460 + n - 1);
  if (n >= 21 && n <= 35) return character(0x3251 + n - 21);
  return n >= 36 && n <= 50 ? character(0x32B1 + n - 36) : std::string();
}

// 일, 이십삼 / 一, 二十三; below 10,000.
std::string spelled(uint32_t n, std::u32string_view digits, std::u32string_view tens) {
  if (n == 0 || n >= 10000) return {};
  std::string out;
  uint32_t unit = 1000;
  for (size_t i = 0; i < 4; ++i, unit /= 10) {
    const uint32_t digit = n / unit % 10;
    if (digit == 0) continue;
    if (digit > 1 || unit == 1) append_utf8(out, digits[digit - 1]);
    if (unit > 1) append_utf8(out, tens[i]);
  }
  return out;
}

std::string in_format(uint32_t n, NumberFormat format) {
  switch (format) {
    case NumberFormat::kDigit:
      return {};
    case NumberFormat::kCircledDigit:
      return circled_digit(n);
    case NumberFormat::kRomanCapital:
    case NumberFormat::kRomanSmall:
      return n < 4000 ? roman(n, format == NumberFormat::kRomanCapital) : std::string();
    case NumberFormat::kLatinCapital:
      return n >= 1 && n <= 26 ? character(U'A' + n - 1) : std::string();
    case NumberFormat::kLatinSmall:
      return n >= 1 && n <= 26 ? character(U'a' + n - 1) : std::string();
    case NumberFormat::kCircledLatinCapital:
      return n >= 1 && n <= 26 ? character(0x24B6 + n - 1) : std::string();
    case NumberFormat::kCircledLatinSmall:
      return n >= 1 && n <= 26 ? character(0x24D0 + n - 1) : std::string();
    case NumberFormat::kHangulSyllable:
      return listed(n,
                    U"가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로모보소오조초코토포호"
                    U"구누두루무부수우주추쿠투푸후그느드르므브스으즈츠크트프흐기니디리미비시이지치키티피히");
    case NumberFormat::kCircledHangulSyllable:
      return n >= 1 && n <= 14 ? character(0x326E + n - 1) : std::string();
    case NumberFormat::kHangulJamo:
      return listed(n, U"ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ");
    case NumberFormat::kCircledHangulJamo:
      return n >= 1 && n <= 14 ? character(0x3260 + n - 1) : std::string();
    case NumberFormat::kHangulNumber:
      return spelled(n, U"일이삼사오육칠팔구", U"천백십");
    case NumberFormat::kHanjaNumber:
      return spelled(n, U"一二三四五六七八九", U"千百十");
    case NumberFormat::kCircledHanjaNumber:
      return n >= 1 && n <= 10 ? character(0x3280 + n - 1) : std::string();
  }
  return {};
}

}  // namespace

std::string format_number(uint32_t n, NumberFormat format) {
  const std::string text = in_format(n, format);
  return text.empty() ? std::to_string(n) : text;
}

void ParagraphNumbers::count_skipped(uint32_t id, const Numbering& numbering, size_t level) {
  auto& counts = counts_[id];
  for (size_t i = 0; i < std::min(level, kNumberingLevels); ++i)
    if (!counts[i].last) counts[i].last = counts[i].start.value_or(numbering[i].start);
}

void ParagraphNumbers::restart(uint32_t id, size_t level, uint32_t start) {
  counts_[id][std::min(level, kNumberingLevels - 1)] = {std::nullopt, start};
}

std::string ParagraphNumbers::next(uint32_t id, const Numbering& numbering, size_t level) {
  level = std::min(level, kNumberingLevels - 1);
  auto& counts = counts_[id];
  const auto start_of = [&](size_t i) { return counts[i].start.value_or(numbering[i].start); };
  counts[level].last = counts[level].last ? *counts[level].last + 1 : start_of(level);
  for (size_t i = level + 1; i < counts.size(); ++i) counts[i].last.reset();
  const auto number = [&](size_t i) {
    return format_number(counts[i].last.value_or(start_of(i)), numbering[i].format);
  };
  const std::string& pattern = numbering[level].pattern;
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (pattern[i] != '^' || (next != 'n' && next != 'N' && (next < '1' || next > '9'))) {
      out += pattern[i];
      continue;
    }
    ++i;
    if (next != 'n' && next != 'N') {
      out += number(static_cast<size_t>(next - '1'));
      continue;
    }
    for (size_t k = 0; k <= level; ++k) out += (k > 0 ? "." : "") + number(k);
    if (next == 'N') out += '.';
  }
  return out;
}

}  // namespace hanok
