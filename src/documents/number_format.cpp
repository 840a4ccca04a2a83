#include "documents/number_format.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "documents/dates.h"

namespace hanok {
namespace {

// A format's first section, taken apart.
struct Section {
  std::string before, after;  // text around the number
  int n_decimals = 0;
  bool has_digits = false, has_comma = false, is_percent = false;
  bool has_date = false, has_time = false;
  bool is_plain = false;  // holds what is not understood: scaling, exponents, fractions
};

class SectionParser {
 public:
  explicit SectionParser(std::string_view format) : rest_(format) {}

  Section parse() {
    while (!rest_.empty() && rest_[0] != ';') step();
    // "m" is a month beside days and years, a minute beside hours and seconds, a month alone.
    out_.has_date |= has_m_ && !out_.has_time;
    out_.is_plain |= comma_;  // at the end it scales by a thousand
    return out_;
  }

 private:
  void step() {
    const char c = rest_[0];
    if (c == '"') return take_quoted();
    if (c == '[') return take_bracket();
    if ((c == '\\' || c == '_' || c == '*') && rest_.size() > 1) return take_escaped(c);
    take_symbol(c);
    rest_.remove_prefix(1);
  }
  void take_quoted() {
    const size_t end = std::min(rest_.find('"', 1), rest_.size());
    add_text(rest_.substr(1, end - 1));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
  }
  // "[$₩-412]" is a currency, "[h]" hours beyond a day, others are colours and conditions.
  void take_bracket() {
    const size_t end = std::min(rest_.find(']'), rest_.size());
    const std::string_view inside = rest_.substr(1, end - 1);
    if (inside.starts_with('$')) add_text(inside.substr(1, std::min(inside.find('-'), inside.size()) - 1));
    if (!inside.empty() && inside.find_first_not_of("hHmMsS") == std::string_view::npos) out_.has_time = true;
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
  }
  void take_escaped(char mark) {
    size_t n = 1;
    while (1 + n < rest_.size() && (static_cast<unsigned char>(rest_[1 + n]) & 0xC0) == 0x80) ++n;
    if (mark == '\\') add_text(rest_.substr(1, n));
    rest_.remove_prefix(1 + n);
  }
  void take_symbol(char c) {
    switch (c) {
      case 'y':
      case 'Y':
      case 'd':
      case 'D':
        out_.has_date = true;
        break;
      case 'h':
      case 'H':
      case 's':
      case 'S':
        out_.has_time = true;
        break;
      case 'm':
      case 'M':
        has_m_ = true;
        break;
      case '0':
      case '#':
        out_.has_digits = true;
        if (is_decimal_) ++out_.n_decimals;
        if (comma_) out_.has_comma = true;
        comma_ = false;
        break;
      case '.':
        is_decimal_ = true;
        break;
      case ',':
        comma_ = out_.has_digits;
        break;
      case '%':
        out_.is_percent = true;
        add_text("%");
        break;
      case 'E':
      case '/':
      case '?':
      case '@':
        out_.is_plain = true;
        break;
      case '-':
      case '+':
      case '(':
      case ')':
      case ' ':
      case ':':
        add_text(std::string_view(&c, 1));
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x80 || c == '$') add_text(std::string_view(&c, 1));
    }
  }
  void add_text(std::string_view text) { (out_.has_digits ? out_.after : out_.before) += text; }

  std::string_view rest_;
  Section out_;
  bool is_decimal_ = false, comma_ = false, has_m_ = false;
};

std::string plain_number(double value) {
  return fmt::format("{:.15g}", value == 0 ? 0.0 : value);  // no "-0"
}

std::string with_commas(std::string digits) {
  const size_t begin = digits.starts_with('-') ? 1 : 0;
  const size_t end = std::min(digits.find('.'), digits.size());
  for (size_t at = end; at > begin + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

}  // namespace

std::string_view builtin_number_format(int id) {
  struct Builtin {
    int first, last;
    std::string_view format;
  };
  // 27 to 36 and 50 to 58 are dates and times of East Asian versions.
  constexpr auto kBuiltin = std::to_array<Builtin>({{1, 1, "0"},
                                                    {2, 2, "0.00"},
                                                    {3, 3, "#,##0"},
                                                    {4, 4, "#,##0.00"},
                                                    {9, 9, "0%"},
                                                    {10, 10, "0.00%"},
                                                    {14, 17, "yyyy-mm-dd"},
                                                    {18, 21, "h:mm:ss"},
                                                    {22, 22, "yyyy-mm-dd h:mm"},
                                                    {27, 31, "yyyy-mm-dd"},
                                                    {32, 35, "h:mm:ss"},
                                                    {36, 36, "yyyy-mm-dd"},
                                                    {37, 38, "#,##0"},
                                                    {39, 40, "#,##0.00"},
                                                    {45, 47, "mm:ss"},
                                                    {50, 58, "yyyy-mm-dd"}});
  for (const Builtin& each : kBuiltin)
    if (id >= each.first && id <= each.last) return each.format;
  return {};
}

std::string format_cell_number(double value, std::string_view format, bool is_from_1904) {
  constexpr int kMaxDecimals = 15;
  constexpr double kMaxFixed = 1e15;
  if (format.empty() || format.starts_with("General") || format.starts_with("GENERAL")) return plain_number(value);
  const Section section = SectionParser(format).parse();
  if (section.has_date || section.has_time) {
    const std::string date = text_of_serial_date(value, is_from_1904, section.has_date, section.has_time);
    return date.empty() ? plain_number(value) : date;
  }
  if (section.is_plain || !section.has_digits || !(std::abs(value) < kMaxFixed)) return plain_number(value);
  const double shown = section.is_percent ? value * 100 : value;
  std::string digits = fmt::format("{:.{}f}", shown, std::min(section.n_decimals, kMaxDecimals));
  if (digits.starts_with('-') && digits.find_first_not_of("-0.") == std::string::npos) digits.erase(0, 1);
  return section.before + (section.has_comma ? with_commas(std::move(digits)) : digits) + section.after;
}

}  // namespace hanok
