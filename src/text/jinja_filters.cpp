// The filters of lists, dictionaries and any value, with Jinja2's meaning.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "text/jinja_filters.h"
#include "text/jinja_text.h"

namespace hanok::jinja {
namespace {

using Call = FilterCall;

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
  if (const Value separators = c.get(2, "separators");
      separators.is_sequence() && !separators.is_string() && length_of(separators) == 2) {
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

// What map and select visit: nothing where the input is empty, whatever its type.
std::vector<Value> items_or_none(const Call& c) {
  return c.input.truthy() ? c.items() : std::vector<Value>();
}

Value map(const Call& c) {
  std::vector<Value> out;
  const Value attribute = c.get(99, "attribute");
  const Value fallback = c.get(99, "default", Value());
  for (const Value& item : items_or_none(c)) {
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
  return c.generator(std::move(out));
}

Value select(const Call& c, bool keep, bool by_attribute) {
  const auto& a = c.given.positional;
  const size_t at = by_attribute ? 1 : 0;
  if (by_attribute && a.empty()) throw TemplateError("missing parameter for attribute name");
  std::vector<Value> out;
  for (const Value& item : items_or_none(c)) {
    const Value value = by_attribute ? deep(c, item, a[0]) : item;
    bool passes = value.truthy();
    if (a.size() > at) {
      passes =
          c.evaluator.test(to_text(a[at], c.budget), value, {a.begin() + static_cast<std::ptrdiff_t>(at) + 1, a.end()});
    }
    if (passes == keep) out.push_back(item);
  }
  return c.generator(std::move(out));
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

// By "a,b": first by a, then by b.
Value sorted(const Call& c) {
  const bool reverse = c.get(0, "reverse", Value(false)).truthy();
  const bool case_sensitive = c.get(1, "case_sensitive", Value(false)).truthy();
  const Value attribute = c.get(2, "attribute");
  std::vector<std::pair<Value, Value>> pairs;
  if (!attribute.is_string()) {
    pairs = keyed(c, case_sensitive, attribute);
  } else {
    for (const Value& item : c.items()) {
      std::vector<Value> keys;
      for (const auto name : split(attribute.str(), ",", -1)) {
        keys.push_back(folded(deep(c, item, Value(std::string(name))), case_sensitive, c.budget));
      }
      pairs.emplace_back(c.list(std::move(keys)), item);
    }
  }
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
  for (const auto& [key, value] : entries) out.push_back(make_list({key, value}, c.budget, ListKind::kTuple));
  return c.list(std::move(out));
}

Value unique(const Call& c) {
  std::vector<Value> out;
  std::vector<Value> seen;
  for (auto& [key, item] : keyed(c, c.get(0, "case_sensitive", Value(false)).truthy(), c.get(1, "attribute"))) {
    const bool known =
        std::any_of(seen.begin(), seen.end(), [&, &key = key](const Value& s) { return equal(s, key, c.budget); });
    if (known) continue;
    const bool mutable_kind = key.is_dict() || key.is_list(ListKind::kList);
    if (mutable_kind) throw TemplateError("unhashable type: '" + key.type_name() + "'");
    seen.push_back(key);
    out.push_back(item);
  }
  return c.generator(std::move(out));
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

Value first_or_last(const Call& c, bool last) {
  const auto items = c.items();
  if (items.empty()) return Value::undefined("the sequence is empty");
  return last ? items.back() : items.front();
}

Value reversed(const Call& c) {
  auto items = c.items();
  std::reverse(items.begin(), items.end());
  if (!c.input.is_string()) return c.generator(std::move(items));
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
  return c.generator(std::move(rows));
}

Value items(const Call& c) {
  if (c.input.is_undefined()) return c.generator({});
  if (!c.input.is_dict()) throw TemplateError("can only get item pairs from a mapping");
  std::vector<Value> out;
  for (const auto& [key, value] : c.input.dict()->entries)
    out.push_back(make_list({key, value}, c.budget, ListKind::kTuple));
  return c.generator(std::move(out));
}

Value fallback(const Call& c) {
  const bool boolean = c.get(1, "boolean", Value(false)).truthy();
  return c.input.is_undefined() || (boolean && !c.input.truthy()) ? c.get(0, "default_value", Value("")) : c.input;
}

Value sliced(const Call& c) {
  const int64_t n = to_index(c.get(0, "slices"));
  if (n <= 0) throw TemplateError("slice expects a positive number");
  const Value fill = c.get(1, "fill_with");
  const auto items = c.items();
  const auto total = static_cast<int64_t>(items.size());
  c.budget.bytes(n > Budget::kMaxBytes / 64 ? Budget::kMaxBytes + 1 : n * 64);
  std::vector<Value> rows;
  auto next = items.begin();
  for (int64_t i = 0; i < n; ++i) {
    const int64_t n_items = total / n + (i < total % n ? 1 : 0);
    std::vector<Value> row(next, next + n_items);
    next += n_items;
    if (!fill.is_none() && i >= total % n) row.push_back(fill);
    rows.push_back(c.list(std::move(row)));
  }
  return c.generator(std::move(rows));
}

Value grouped(const Call& c) {
  const Value attribute = c.get(0, "attribute");
  const Value fallback = c.get(1, "default");
  const bool case_sensitive = c.get(2, "case_sensitive", Value(false)).truthy();
  struct Entry {
    Value order, key, item;
  };
  std::vector<Entry> entries;
  for (const Value& item : c.items()) {
    Value key = deep(c, item, attribute);
    if (key.is_undefined() && !fallback.is_none()) key = fallback;
    entries.push_back({folded(key, case_sensitive, c.budget), key, item});
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const Entry& a, const Entry& b) { return compare(a.order, b.order, c.budget) < 0; });
  std::vector<Value> groups;
  for (size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
    std::vector<Value> members;
    for (; end < entries.size() && equal(entries[end].order, entries[begin].order, c.budget); ++end) {
      members.push_back(entries[end].item);
    }
    groups.push_back(make_list({entries[begin].key, c.list(std::move(members))}, c.budget, ListKind::kTuple));
  }
  return c.list(std::move(groups));
}

const std::unordered_map<std::string, Filter>& filters() {
  static const std::unordered_map<std::string, Filter> table = [] {
    std::unordered_map<std::string, Filter> all = {
        {"tojson", tojson},
        {"join", join},
        {"map", map},
        {"sort", sorted},
        {"dictsort", dictsort},
        {"unique", unique},
        {"sum", sum},
        {"batch", batch},
        {"items", items},
        {"default", fallback},
        {"d", fallback},
        {"reverse", reversed},
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
        {"attr",
         [](const Call& c) {
           const std::string name = to_text(c.get(0, "name"), c.budget);
           return c.input.is_dict() ? method_of(c.input, name, c.budget) : c.evaluator.attribute(c.input, name);
         }},
        {"slice", sliced},
        {"groupby", grouped},
    };
    all.insert(text_filters().begin(), text_filters().end());
    return all;
  }();
  return table;
}

}  // namespace

bool is_filter(const std::string& name) {
  return filters().contains(name);
}

Value Evaluator::filter(const std::string& name, const Value& input, Arguments& given) {
  const auto found = filters().find(name);
  if (found == filters().end()) throw TemplateError("no filter named '" + name + "'", ErrorKind::kUnsupported);
  if (++depth_ > 1500) throw TemplateError("calls are nested too deep", ErrorKind::kLimit);
  Value out = found->second(Call{*this, input, given, budget_});
  --depth_;
  return out;
}

}  // namespace hanok::jinja
