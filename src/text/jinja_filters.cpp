// The filters and tests templates use, with Jinja2's meaning.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "text/jinja_eval.h"
#include "text/jinja_text.h"

namespace hanok::jinja {
namespace {

struct Call {
  Evaluator& evaluator;
  const Value& input;
  Arguments& given;
  Budget& budget;
  // The argument at a position or of a name; `fallback` where it is absent.
  Value get(size_t at, const std::string& name, Value fallback = None{}) const {
    if (at < given.positional.size()) return given.positional[at];
    for (const auto& [key, value] : given.named) {
      if (key == name) return value;
    }
    return fallback;
  }
  std::vector<Value> items() const { return elements_of(input, budget); }
  std::string text() const { return to_text(input, budget); }
  Value make(std::string out) const { return make_text(std::move(out), budget, input.markup()); }
  Value list(std::vector<Value> out) const { return make_list(std::move(out), budget); }
};

Value tojson(const Call& c) {
  JsonStyle style;
  style.ensure_ascii = c.get(0, "ensure_ascii", Value(false)).truthy();
  const Value indent = c.get(1, "indent");
  if (!indent.is_none()) {
    style.indented = true;
    style.indent = indent.is_string()
                       ? indent.str()
                       : std::string(static_cast<size_t>(std::clamp<int64_t>(to_index(indent), 0, 64)), ' ');
    style.item_separator = ",";
  }
  if (const Value separators = c.get(2, "separators"); separators.is_list() && length_of(separators) == 2) {
    style.item_separator = to_text(separators.list()->items[0], c.budget);
    style.key_separator = to_text(separators.list()->items[1], c.budget);
  }
  style.sort_keys = c.get(3, "sort_keys", Value(false)).truthy();
  return make_text(to_json(c.input, style, c.budget), c.budget);
}

// The value at "a.b.0" inside an element.
Value deep(const Call& c, Value from, const Value& path) {
  if (!path.is_string()) return c.evaluator.item(from, path);
  for (const std::string_view part : split(path.str(), ".", -1)) {
    const bool number =
        !part.empty() && part.size() < 10 && part.find_first_not_of("0123456789") == std::string_view::npos;
    from = c.evaluator.item(from, number ? Value(int64_t{std::stol(std::string(part))}) : Value(std::string(part)));
  }
  return from;
}

Value join(const Call& c) {
  const std::string glue = to_text(c.get(0, "d", Value("")), c.budget);
  const Value attribute = c.get(1, "attribute");
  std::string out;
  bool first = true;
  for (const Value& item : c.items()) {
    if (!first) out += glue;
    first = false;
    c.budget.bytes(static_cast<int64_t>(glue.size()));
    out += to_text(attribute.is_none() ? item : deep(c, item, attribute), c.budget);
  }
  return make_text(std::move(out), c.budget);
}

Value map(const Call& c) {
  std::vector<Value> out;
  const Value attribute = c.get(99, "attribute");
  const Value fallback = c.get(99, "default", Value());
  for (const Value& item : c.items()) {
    if (!attribute.is_none()) {
      Value value = deep(c, item, attribute);
      out.push_back(value.is_undefined() && !fallback.is_undefined() ? fallback : value);
    } else {
      if (c.given.positional.empty()) throw TemplateError("map requires a filter argument");
      Arguments inner;
      inner.positional.assign(c.given.positional.begin() + 1, c.given.positional.end());
      inner.named = c.given.named;
      out.push_back(c.evaluator.filter(to_text(c.given.positional[0], c.budget), item, inner));
    }
  }
  return c.list(std::move(out));
}

Value select(const Call& c, bool keep, bool by_attribute) {
  const auto& a = c.given.positional;
  const size_t at = by_attribute ? 1 : 0;
  if (by_attribute && a.empty()) throw TemplateError("missing parameter for attribute name");
  std::vector<Value> out;
  for (const Value& item : c.items()) {
    const Value value = by_attribute ? deep(c, item, a[0]) : item;
    bool passes = value.truthy();
    if (a.size() > at) {
      passes =
          c.evaluator.test(to_text(a[at], c.budget), value, {a.begin() + static_cast<std::ptrdiff_t>(at) + 1, a.end()});
    }
    if (passes == keep) out.push_back(item);
  }
  return c.list(std::move(out));
}

Value folded(const Value& value, bool case_sensitive, Budget& budget) {
  return value.is_string() && !case_sensitive ? make_text(lower(value.str()), budget) : value;
}

// Elements with what they are ordered by.
std::vector<std::pair<Value, Value>> keyed(const Call& c, bool case_sensitive, const Value& attribute) {
  std::vector<std::pair<Value, Value>> pairs;
  for (const Value& item : c.items()) {
    pairs.emplace_back(folded(attribute.is_none() ? item : deep(c, item, attribute), case_sensitive, c.budget), item);
  }
  return pairs;
}

Value sorted(const Call& c) {
  const bool reverse = c.get(0, "reverse", Value(false)).truthy();
  auto pairs = keyed(c, c.get(1, "case_sensitive", Value(false)).truthy(), c.get(2, "attribute"));
  std::stable_sort(pairs.begin(), pairs.end(), [&](const auto& x, const auto& y) {
    const int order = compare(x.first, y.first, c.budget);
    return reverse ? order > 0 : order < 0;
  });
  std::vector<Value> out;
  for (auto& pair : pairs) out.push_back(std::move(pair.second));
  return c.list(std::move(out));
}

Value dictsort(const Call& c) {
  if (!c.input.is_dict()) throw TemplateError("dictsort expects a mapping");
  const bool by_value = to_text(c.get(1, "by", Value("key")), c.budget) == "value";
  const bool case_sensitive = c.get(0, "case_sensitive", Value(false)).truthy();
  const bool reverse = c.get(2, "reverse", Value(false)).truthy();
  auto entries = c.input.dict()->entries;
  std::stable_sort(entries.begin(), entries.end(), [&](const auto& x, const auto& y) {
    const int order = compare(folded(by_value ? x.second : x.first, case_sensitive, c.budget),
                              folded(by_value ? y.second : y.first, case_sensitive, c.budget), c.budget);
    return reverse ? order > 0 : order < 0;
  });
  std::vector<Value> out;
  for (const auto& [key, value] : entries) out.push_back(make_list({key, value}, c.budget, true));
  return c.list(std::move(out));
}

Value unique(const Call& c) {
  std::vector<Value> out;
  std::vector<Value> seen;
  for (auto& [key, item] : keyed(c, c.get(0, "case_sensitive", Value(false)).truthy(), c.get(1, "attribute"))) {
    const bool known =
        std::any_of(seen.begin(), seen.end(), [&, &key = key](const Value& s) { return equal(s, key, c.budget); });
    if (known) continue;
    seen.push_back(key);
    out.push_back(item);
  }
  return c.list(std::move(out));
}

Value extreme(const Call& c, int sign) {
  const auto pairs = keyed(c, c.get(0, "case_sensitive", Value(false)).truthy(), c.get(1, "attribute"));
  if (pairs.empty()) return Value::undefined("No aggregated item, sequence was empty.");
  size_t best = 0;
  for (size_t i = 1; i < pairs.size(); ++i) {
    if (compare(pairs[i].first, pairs[best].first, c.budget) * sign > 0) best = i;
  }
  return pairs[best].second;
}

Value sum(const Call& c) {
  const Value attribute = c.get(0, "attribute");
  Value total = c.get(1, "start", Value(0));
  for (const Value& item : c.items()) {
    total = c.evaluator.binary("+", total, attribute.is_none() ? item : deep(c, item, attribute));
  }
  return total;
}

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

Value first_or_last(const Call& c, bool last) {
  const auto items = c.items();
  if (items.empty()) return Value::undefined("the sequence is empty");
  return last ? items.back() : items.front();
}

Value reversed(const Call& c) {
  auto items = c.items();
  std::reverse(items.begin(), items.end());
  if (!c.input.is_string()) return c.list(std::move(items));
  std::string out;
  for (const Value& item : items) out += item.str();
  return c.make(std::move(out));
}

Value batch(const Call& c) {
  const int64_t n = to_index(c.get(0, "linecount"));
  if (n <= 0) throw TemplateError("batch expects a positive number");
  const Value fill = c.get(1, "fill_with");
  std::vector<Value> rows;
  std::vector<Value> row;
  for (const Value& item : c.items()) {
    if (static_cast<int64_t>(row.size()) == n) rows.push_back(c.list(std::exchange(row, {})));
    row.push_back(item);
  }
  while (!row.empty() && !fill.is_none() && static_cast<int64_t>(row.size()) < n) {
    c.budget.bytes(sizeof(Value));
    row.push_back(fill);
  }
  if (!row.empty()) rows.push_back(c.list(std::move(row)));
  return c.list(std::move(rows));
}

Value absolute(const Call& c) {
  if (!c.input.is_number()) throw TemplateError("abs expects a number");
  return c.input.is_float() ? Value(std::abs(c.input.number())) : Value(std::abs(c.input.integer()));
}

Value items(const Call& c) {
  if (c.input.is_undefined()) return c.list({});
  if (!c.input.is_dict()) throw TemplateError("can only get item pairs from a mapping");
  std::vector<Value> out;
  for (const auto& [key, value] : c.input.dict()->entries) out.push_back(make_list({key, value}, c.budget, true));
  return c.list(std::move(out));
}

Value fallback(const Call& c) {
  const bool boolean = c.get(1, "boolean", Value(false)).truthy();
  return c.input.is_undefined() || (boolean && !c.input.truthy()) ? c.get(0, "default_value", Value("")) : c.input;
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

using Filter = Value (*)(const Call&);
const std::unordered_map<std::string, Filter>& filters() {
  static const std::unordered_map<std::string, Filter> table = {
      {"tojson", tojson},
      {"join", join},
      {"map", map},
      {"sort", sorted},
      {"dictsort", dictsort},
      {"unique", unique},
      {"sum", sum},
      {"int", to_int},
      {"float", to_float},
      {"round", rounded},
      {"indent", indent},
      {"batch", batch},
      {"abs", absolute},
      {"items", items},
      {"default", fallback},
      {"d", fallback},
      {"trim", trim},
      {"reverse", reversed},
      {"replace", replaced},
      {"select", [](const Call& c) { return select(c, true, false); }},
      {"reject", [](const Call& c) { return select(c, false, false); }},
      {"selectattr", [](const Call& c) { return select(c, true, true); }},
      {"rejectattr", [](const Call& c) { return select(c, false, true); }},
      {"min", [](const Call& c) { return extreme(c, -1); }},
      {"max", [](const Call& c) { return extreme(c, 1); }},
      {"first", [](const Call& c) { return first_or_last(c, false); }},
      {"last", [](const Call& c) { return first_or_last(c, true); }},
      {"length", [](const Call& c) -> Value { return length_of(c.input); }},
      {"count", [](const Call& c) -> Value { return length_of(c.input); }},
      {"list", [](const Call& c) { return c.list(c.items()); }},
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
      {"attr", [](const Call& c) { return c.evaluator.attribute(c.input, to_text(c.get(0, "name"), c.budget)); }},
      {"wordcount", [](const Call& c) -> Value { return static_cast<int64_t>(split_space(c.text(), -1).size()); }},
  };
  return table;
}

bool iterable(const Value& v) {
  return v.is_undefined() || v.is_string() || v.is_list() || v.is_dict();
}

// The operator a comparing test stands for, empty if it is none.
std::string comparing(const std::string& name) {
  static const std::unordered_map<std::string, std::string> table = {
      {"eq", "=="},      {"equalto", "=="}, {"==", "=="}, {"ne", "!="}, {"!=", "!="}, {"lt", "<"},
      {"lessthan", "<"}, {"<", "<"},        {"le", "<="}, {"<=", "<="}, {"gt", ">"},  {"greaterthan", ">"},
      {">", ">"},        {"ge", ">="},      {">=", ">="}, {"in", "in"}};
  const auto found = table.find(name);
  return found == table.end() ? "" : found->second;
}

}  // namespace

Value Evaluator::filter(const std::string& name, const Value& input, Arguments& given) {
  const auto found = filters().find(name);
  if (found == filters().end()) throw TemplateError("no filter named '" + name + "'", ErrorKind::kUnsupported);
  if (++depth_ > 1500) throw TemplateError("calls are nested too deep", ErrorKind::kLimit);
  Value out = found->second(Call{*this, input, given, budget_});
  --depth_;
  return out;
}

bool Evaluator::test(const std::string& name, const Value& v, const std::vector<Value>& a) {
  const auto argument = [&]() -> const Value& {
    if (a.empty()) throw TemplateError("test '" + name + "' expects an argument");
    return a[0];
  };
  if (const std::string op = comparing(name); !op.empty()) return compare_with(op, v, argument());
  if (name == "defined") return !v.is_undefined();
  if (name == "undefined") return v.is_undefined();
  if (name == "none") return v.is_none();
  if (name == "string") return v.is_string();
  if (name == "mapping") return v.is_dict();
  if (name == "iterable") return iterable(v);
  if (name == "sequence") return iterable(v);
  if (name == "number") return v.is_number();
  if (name == "integer") return v.is_int();
  if (name == "float") return v.is_float();
  if (name == "boolean") return v.is_bool();
  if (name == "true") return v.is_bool() && v.truthy();
  if (name == "false") return v.is_bool() && !v.truthy();
  if (name == "callable") return v.is_callable();
  if (name == "odd" || name == "even") return (to_index(v) % 2 != 0) == (name == "odd");
  if (name == "divisibleby") return binary("%", v, argument()).number() == 0;
  if (name == "lower") return lower(to_text(v, budget_)) == to_text(v, budget_);
  if (name == "upper") return upper(to_text(v, budget_)) == to_text(v, budget_);
  if (name == "sameas") return v.data().index() == argument().data().index() && equal(v, argument(), budget_);
  if (name == "filter") return filters().contains(to_text(v, budget_));
  throw TemplateError("no test named '" + name + "'", ErrorKind::kUnsupported);
}

}  // namespace hanok::jinja
