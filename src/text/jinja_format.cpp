// Python's two ways to format values into a text: the "%" operator and str.format.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "text/jinja_eval.h"
#include "text/jinja_text.h"

namespace hanok::jinja {
namespace {

constexpr int kWidest = 1000;  // of a field and of a precision

// How one value is shown. `align` is '<', '>', '^' or '=' (the sign first, then the padding).
struct Field {
  char align = '>';
  std::string fill = " ";
  char sign = '-';  // '+' and ' ' say what stands before numbers that are not negative
  bool alternate = false;
  int width = 0;
  int precision = -1;
  char kind = 's';
};

// Reads a number of at most kWidest at `at`, which is moved past it; -1 where there is none.
int number_at(std::string_view text, size_t& at) {
  int number = -1;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    number = std::max(number, 0) * 10 + (text[at] - '0');
    if (number > kWidest) throw TemplateError("a format is too wide", ErrorKind::kLimit);
  }
  return number;
}

// `prefix`: what stays before the padding where the field is aligned by '=' (sign, 0x).
std::string padded(const std::string& prefix, const std::string& text, const Field& field) {
  const int64_t n = count_code_points(prefix) + count_code_points(text);
  const int64_t missing = std::max<int64_t>(0, field.width - n);
  const auto pad = [&](int64_t times) {
    std::string out;
    for (int64_t i = 0; i < times; ++i) out += field.fill;
    return out;
  };
  if (field.align == '<') return prefix + text + pad(missing);
  if (field.align == '^') return pad(missing / 2) + prefix + text + pad(missing - missing / 2);
  return field.align == '=' ? prefix + pad(missing) + text : pad(missing) + prefix + text;
}

std::string sign_of(bool negative, const Field& field) {
  return negative ? "-" : field.sign == '-' ? "" : std::string(1, field.sign);
}

std::string show_text(std::string text, const Field& field) {
  if (field.precision >= 0) {
    const auto offsets = code_point_offsets(text);
    if (static_cast<size_t>(field.precision) < offsets.size())
      text.resize(offsets[static_cast<size_t>(field.precision)]);
  }
  return padded("", text, field);
}

std::string show_integer(int64_t number, const Field& field) {
  const uint64_t magnitude = number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
  std::string digits = field.kind == 'x'   ? fmt::format("{:x}", magnitude)
                       : field.kind == 'X' ? fmt::format("{:X}", magnitude)
                       : field.kind == 'o' ? fmt::format("{:o}", magnitude)
                       : field.kind == 'b' ? fmt::format("{:b}", magnitude)
                                           : fmt::format("{}", magnitude);
  const auto least = static_cast<size_t>(std::max(field.precision, 0));
  if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
  const bool has_base = field.alternate && std::string_view("xXob").find(field.kind) != std::string_view::npos;
  return padded(sign_of(number < 0, field) + (has_base ? std::string("0") + field.kind : ""), digits, field);
}

std::string show_float(double number, const Field& field) {
  const bool percent = field.kind == '%';
  const std::string spec = std::string(field.alternate ? "%#.*" : "%.*") + (percent ? 'f' : field.kind);
  char buffer[kWidest + 400];
  const double magnitude = std::fabs(percent ? number * 100 : number);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  std::snprintf(buffer, sizeof buffer, spec.c_str(), field.precision < 0 ? 6 : field.precision, magnitude);
#pragma GCC diagnostic pop
  return padded(sign_of(std::signbit(number) && !std::isnan(number), field), std::string(buffer) + (percent ? "%" : ""),
                field);
}

bool is_integer_kind(char kind) {
  return std::string_view("diuoxXb").find(kind) != std::string_view::npos;
}
bool is_float_kind(char kind) {
  return std::string_view("eEfFgG%").find(kind) != std::string_view::npos;
}

// One conversion of the "%" operator.
std::string converted(const Value& value, const Field& field, Budget& budget) {
  if (field.kind == 's' || field.kind == 'r') {
    return show_text(field.kind == 's' ? to_text(value, budget) : to_repr(value, budget), field);
  }
  if (field.kind == 'c') {
    if (value.is_string() && count_code_points(value.str()) == 1) return padded("", value.str(), field);
    if (!value.is_integral() || value.integer() < 0 || value.integer() > 0x10FFFF)
      throw TemplateError("%c requires a character");
    std::string text;
    append_code_point(text, static_cast<uint32_t>(value.integer()));
    return padded("", text, field);
  }
  if (!is_integer_kind(field.kind) && !is_float_kind(field.kind)) {
    throw TemplateError(fmt::format("unsupported format character '{}'", field.kind));
  }
  if (!value.is_number()) throw TemplateError(fmt::format("%{} format: a number is required", field.kind));
  if (!is_integer_kind(field.kind)) return show_float(value.number(), field);
  if (value.is_integral()) return show_integer(value.integer(), field);
  if (std::string_view("xXob").find(field.kind) != std::string_view::npos || !(std::fabs(value.number()) < 9e18)) {
    throw TemplateError(fmt::format("%{} format: an integer is required", field.kind));
  }
  return show_integer(static_cast<int64_t>(value.number()), field);
}

// What stands between ':' and '}' of a format field: [[fill]align][sign][#][0][width][.precision][kind].
Field parse_field(std::string_view spec, const Value& value) {
  Field field;
  field.align = value.is_number() ? '>' : '<';
  field.kind = '\0';
  const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
  size_t at = 0;
  if (!spec.empty()) {
    size_t next = 0;
    next_code_point(spec, next);
    if (next < spec.size() && is_align(spec[next])) {
      field.fill = spec.substr(0, next);
      field.align = spec[next];
      at = next + 1;
    } else if (is_align(spec[0])) {
      field.align = spec[0];
      at = 1;
    }
  }
  const bool aligned = at > 0;
  if (at < spec.size() && std::string_view("+- ").find(spec[at]) != std::string_view::npos) field.sign = spec[at++];
  if (at < spec.size() && spec[at] == '#') field.alternate = ++at > 0;
  if (at < spec.size() && spec[at] == '0') {
    if (!aligned) field.fill = "0";
    if (!aligned && value.is_number()) field.align = '=';
    ++at;
  }
  field.width = std::max(0, number_at(spec, at));
  if (at < spec.size() && spec[at] == '.') {
    field.precision = number_at(spec, ++at);
    if (field.precision < 0) throw TemplateError("Format specifier missing precision");
  }
  if (at < spec.size()) field.kind = spec[at++];
  if (at != spec.size()) throw TemplateError("Invalid format specifier '" + std::string(spec) + "'");
  return field;
}

// format(value, spec).
std::string formatted(const Value& value, std::string_view spec, Budget& budget) {
  if (value.is_undefined()) return spec.empty() ? "" : throw TemplateError("unsupported format string");
  if (spec.empty()) return to_text(value, budget);
  Field field = parse_field(spec, value);
  const auto refuse = [&]() -> TemplateError {
    return TemplateError(fmt::format("format '{}' does not suit type '{}'", spec, value.type_name()));
  };
  if (value.is_string()) {
    if ((field.kind != 's' && field.kind != '\0') || field.align == '=' || field.sign != '-' || field.alternate)
      throw refuse();
    return show_text(value.str(), field);
  }
  if (!value.is_number()) throw refuse();
  if (value.is_integral() && (field.kind == '\0' || is_integer_kind(field.kind)) && field.precision < 0 &&
      !(value.is_bool() && field.kind == '\0')) {
    return show_integer(value.integer(), field);
  }
  if (is_float_kind(field.kind)) return show_float(value.number(), field);
  if (field.kind == '\0' && field.precision < 0 && value.is_float()) {
    return padded(sign_of(std::signbit(value.number()), field), float_repr(std::fabs(value.number())), field);
  }
  throw refuse();
}

}  // namespace

std::string format_percent(const std::string& format, const Value& values, Budget& budget) {
  const bool tuple = values.is_tuple();
  const std::vector<Value> given = tuple ? values.list()->items : std::vector<Value>{values};
  size_t next = 0;
  const auto take = [&]() -> const Value& {
    if (next >= given.size()) throw TemplateError("not enough arguments for format string");
    return given[next++];
  };
  std::string out;
  for (size_t at = 0; at < format.size();) {
    if (format[at] != '%') {
      out += format[at++];
      continue;
    }
    ++at;
    const Value* value = nullptr;
    if (at < format.size() && format[at] == '(') {
      const size_t end = format.find(')', at);
      if (end == std::string::npos || !values.is_dict()) throw TemplateError("format requires a mapping");
      value = values.dict()->find(std::string_view(format).substr(at + 1, end - at - 1));
      if (value == nullptr) throw TemplateError("format key not found");
      at = end + 1;
    }
    Field field;
    bool left = false, zero = false;
    for (; at < format.size() && std::string_view("#0- +").find(format[at]) != std::string_view::npos; ++at) {
      if (format[at] == '#') field.alternate = true;
      if (format[at] == '0') zero = true;
      if (format[at] == '-') left = true;
      if (format[at] == '+' || (format[at] == ' ' && field.sign == '-')) field.sign = format[at];
    }
    field.width = std::max(0, number_at(format, at));
    if (at < format.size() && format[at] == '.') field.precision = std::max(0, number_at(format, ++at));
    if (at < format.size() && std::string_view("hlL").find(format[at]) != std::string_view::npos) ++at;
    if (at >= format.size()) throw TemplateError("incomplete format");
    field.kind = format[at++];
    if (field.kind == '%') {
      out += '%';
      continue;
    }
    const bool numeric = is_integer_kind(field.kind) || is_float_kind(field.kind);
    if (zero && numeric) field.align = '=', field.fill = "0";
    if (left) field.align = '<', field.fill = " ";
    out += converted(value != nullptr ? *value : take(), field, budget);
    budget.bytes(field.width + 16);
  }
  if (next < given.size() && (tuple || !values.is_dict())) {
    throw TemplateError("not all arguments converted during string formatting");
  }
  return out;
}

std::string format_braces(const std::string& format, const Arguments& arguments, Budget& budget) {
  std::string out;
  size_t automatic = 0;
  const auto find = [&](std::string_view name) -> const Value& {
    size_t at = 0;
    const int index = number_at(name, at);
    if (at == name.size()) {
      const size_t position = index < 0 ? automatic++ : static_cast<size_t>(index);
      if (position >= arguments.positional.size()) throw TemplateError("a format field has no argument");
      return arguments.positional[position];
    }
    for (const auto& [key, value] : arguments.named) {
      if (key == name) return value;
    }
    throw TemplateError("unknown format field '" + std::string(name) + "'");
  };
  for (size_t at = 0; at < format.size(); ++at) {
    const char c = format[at];
    if (c != '{' && c != '}') {
      out += c;
    } else if (at + 1 < format.size() && format[at + 1] == c) {
      out += c;
      ++at;
    } else if (c == '}') {
      throw TemplateError("Single '}' encountered in format string");
    } else {
      const size_t end = format.find('}', at);
      if (end == std::string::npos) throw TemplateError("a format field is not closed");
      const std::string_view field = std::string_view(format).substr(at + 1, end - at - 1);
      const size_t colon = std::min(field.find(':'), field.size());
      std::string_view name = field.substr(0, colon);
      const bool repr = name.ends_with("!r");
      if (repr || name.ends_with("!s")) name.remove_suffix(2);
      const Value& value = find(name);
      const std::string_view spec = colon < field.size() ? field.substr(colon + 1) : std::string_view();
      if (spec.find('{') != std::string_view::npos)
        throw TemplateError("nested format fields are not supported", ErrorKind::kUnsupported);
      out += formatted(repr ? Value(to_repr(value, budget)) : value, spec, budget);
      budget.bytes(16);
      at = end;
    }
  }
  return out;
}

}  // namespace hanok::jinja
