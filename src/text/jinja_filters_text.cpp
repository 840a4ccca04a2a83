// The filters of texts and numbers, with Jinja2's meaning.
#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "text/jinja_filters.h"
#include "text/jinja_text.h"

namespace hanok::jinja {
namespace {

using Call = FilterCall;

Value to_float(const Call& c) {
  if (c.input.is_undefined()) c.input.fail_undefined();
  const Value fallback = c.get(0, "default", Value(0.0));
  if (c.input.is_number()) return c.input.number();
  if (!c.input.is_string()) return fallback;
  const std::string_view text = strip(c.input.str(), Side::kBoth);
  double number = 0;
  const auto [at, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && at == text.data() + text.size() ? Value(number) : fallback;
}

Value to_int(const Call& c) {
  if (c.input.is_undefined()) c.input.fail_undefined();
  const Value fallback = c.get(0, "default", Value(0));
  if (c.input.is_integral()) return c.input.integer();
  if (c.input.is_string()) {
    const std::string_view text = strip(c.input.str(), Side::kBoth);
    int64_t number = 0;
    const auto base = static_cast<int>(std::clamp<int64_t>(to_index(c.get(1, "base", Value(10))), 2, 36));
    const auto [at, failure] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (failure == std::errc() && at == text.data() + text.size()) return number;
  }
  Arguments none;
  const Value real = to_float(Call{c.evaluator, c.input, none, c.budget});
  const double x = real.number();
  const bool readable = c.input.is_float() || (c.input.is_string() && x != 0);
  return readable && std::abs(x) < 9e18 ? Value(static_cast<int64_t>(x))
         : c.input.is_string() && !strip(c.input.str(), Side::kBoth).empty() &&
                 c.input.str().find_first_not_of("0. ") == std::string::npos
             ? Value(0)
             : fallback;
}

Value rounded(const Call& c) {
  if (!c.input.is_number()) throw TemplateError("round expects a number");
  const int64_t precision = to_index(c.get(0, "precision", Value(0)));
  const std::string method = to_text(c.get(1, "method", Value("common")), c.budget);
  const double x = c.input.number();
  if (method == "common") {
    if (c.input.is_integral() && precision >= 0) return c.input;
    if (precision < 0 || precision > 300) {
      const double unit = std::pow(10.0, static_cast<double>(-precision));
      return precision < 0 ? std::nearbyint(x / unit) * unit : x;
    }
    const std::string digits = fmt::format("{:.{}f}", x, precision);
    double out = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
  }
  const double unit = std::pow(10.0, static_cast<double>(precision));
  return (method == "ceil" ? std::ceil(x * unit) : std::floor(x * unit)) / unit;
}

Value indent(const Call& c) {
  if (c.input.is_undefined()) c.input.fail_undefined();
  if (!c.input.is_string()) throw TemplateError("indent expects a text, got " + c.input.type_name());
  const Value width = c.get(0, "width", Value(4));
  const std::string pad = width.is_string()
                              ? width.str()
                              : std::string(static_cast<size_t>(std::clamp<int64_t>(to_index(width), 0, 1000)), ' ');
  const bool first = c.get(1, "first", Value(false)).truthy();
  const bool blank = c.get(2, "blank", Value(false)).truthy();
  const std::string text = c.text() + "\n";
  const auto lines = split_lines(text);
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += "\n";
    if (i == 0 ? first : (blank || !lines[i].empty())) {
      out += pad;
      c.budget.bytes(static_cast<int64_t>(pad.size()));
    }
    out += lines[i];
  }
  return c.make(std::move(out));
}

Value absolute(const Call& c) {
  if (!c.input.is_number()) throw TemplateError("abs expects a number");
  return c.input.is_float() ? Value(std::abs(c.input.number())) : Value(std::abs(c.input.integer()));
}

Value trim(const Call& c) {
  const Value characters = c.get(0, "chars");
  const std::string text = c.text();
  const std::string set = characters.is_none() ? "" : to_text(characters, c.budget);
  const std::string_view view = set;
  return c.make(std::string(strip(text, Side::kBoth, characters.is_none() ? nullptr : &view)));
}

Value replaced(const Call& c) {
  if (c.given.positional.size() < 2) throw TemplateError("replace expects what and by what");
  const Value text = c.make(c.text());
  const Value method = method_of(text, "replace", c.budget);
  Arguments arguments;
  for (size_t i = 0; i < 2; ++i) arguments.positional.emplace_back(to_text(c.given.positional[i], c.budget));
  if (const Value count = c.get(2, "count"); !count.is_none()) arguments.positional.push_back(count);
  return method.callable()->call(arguments);
}

Value centred(const Call& c) {
  const Value width = c.get(0, "width", Value(80));
  Arguments arguments{{width}, {}};
  const Value method = method_of(Value(c.text()), "center", c.budget);
  return c.make(method.callable()->call(arguments).str());
}

// Cut to `length` code points with `end` behind, unless what is left over is at most `leeway`.
Value truncated(const Call& c) {
  const int64_t length = to_index(c.get(0, "length", Value(255)));
  const bool kill_words = c.get(1, "killwords", Value(false)).truthy();
  const std::string end = to_text(c.get(2, "end", Value("...")), c.budget);
  const Value given = c.get(3, "leeway");
  const int64_t leeway = given.is_none() ? 5 : to_index(given), n_end = count_code_points(end);
  if (length < n_end) throw TemplateError(fmt::format("expected length >= {}, got {}", n_end, length));
  if (leeway < 0) throw TemplateError(fmt::format("expected leeway >= 0, got {}", leeway));
  if (!c.input.is_string()) {
    if (length_of(c.input) <= length + leeway) return c.input;
    throw TemplateError("truncate expects a text, got " + c.input.type_name());
  }
  const std::string text = c.text();
  const auto offsets = code_point_offsets(text);
  if (static_cast<int64_t>(offsets.size()) - 1 <= length + leeway) return c.input;
  std::string kept = text.substr(0, offsets[static_cast<size_t>(length - n_end)]);
  if (!kill_words) kept = kept.substr(0, std::min(kept.rfind(' '), kept.size()));
  return c.make(kept + end);
}

Value formatted(const Call& c) {
  if (!c.given.positional.empty() && !c.given.named.empty()) {
    throw TemplateError("can't handle positional and keyword arguments at the same time");
  }
  Value values = make_list(c.given.positional, c.budget, ListKind::kTuple);
  if (!c.given.named.empty()) {
    auto dict = std::make_shared<Dict>();
    for (const auto& [name, value] : c.given.named) set_item(*dict, Value(name), value, c.budget);
    values = dict;
  }
  return c.make(format_percent(c.text(), values, c.budget));
}

std::string url_quoted(std::string_view text, std::string_view safe) {
  std::string out;
  for (const char byte : text) {
    const auto c = static_cast<unsigned char>(byte);
    const bool plain =
        c < 0x80 && (std::isalnum(c) != 0 || std::string_view("_.-~").find(byte) != std::string_view::npos);
    if (plain || safe.find(byte) != std::string_view::npos) {
      out += byte;
    } else {
      out += fmt::format("%{:02X}", c);
    }
  }
  return out;
}

Value url_encoded(const Call& c) {
  if (!c.input.is_dict() && !(c.input.is_list() && !c.input.is_string())) {
    return make_text(url_quoted(c.text(), "/"), c.budget);
  }
  std::string out;
  const auto add = [&](const Value& key, const Value& value) {
    const auto part = [&](const Value& v) { return replace(url_quoted(to_text(v, c.budget), " "), " ", "+", -1); };
    out += (out.empty() ? "" : "&") + part(key) + "=" + part(value);
  };
  if (c.input.is_dict()) {
    for (const auto& [key, value] : c.input.dict()->entries) add(key, value);
  } else {
    for (const Value& pair : c.items()) {
      const auto parts = elements_of(pair, c.budget);
      if (parts.size() != 2) throw TemplateError("urlencode expects pairs");
      add(parts[0], parts[1]);
    }
  }
  return make_text(std::move(out), c.budget);
}

}  // namespace

const std::unordered_map<std::string, Filter>& text_filters() {
  static const std::unordered_map<std::string, Filter> table = {
      {"int", to_int},
      {"float", to_float},
      {"round", rounded},
      {"indent", indent},
      {"abs", absolute},
      {"trim", trim},
      {"replace", replaced},
      {"string", [](const Call& c) { return c.make(c.text()); }},
      {"upper", [](const Call& c) { return c.make(upper(c.text())); }},
      {"lower", [](const Call& c) { return c.make(lower(c.text())); }},
      {"title", [](const Call& c) { return c.make(title_words(c.text())); }},
      {"capitalize", [](const Call& c) { return c.make(capitalize(c.text())); }},
      {"safe", [](const Call& c) { return make_text(c.text(), c.budget, true); }},
      {"escape",
       [](const Call& c) { return c.input.markup() ? c.input : make_text(escape_html(c.text()), c.budget, true); }},
      {"e",
       [](const Call& c) { return c.input.markup() ? c.input : make_text(escape_html(c.text()), c.budget, true); }},
      {"wordcount", [](const Call& c) -> Value { return static_cast<int64_t>(split_space(c.text(), -1).size()); }},
      {"center", centred},
      {"truncate", truncated},
      {"format", formatted},
      {"urlencode", url_encoded},
      {"forceescape", [](const Call& c) { return make_text(escape_html(c.text()), c.budget, true); }},
  };
  return table;
}

}  // namespace hanok::jinja
