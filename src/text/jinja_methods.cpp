// The methods of texts and dictionaries that templates call.
#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "text/jinja_eval.h"
#include "text/jinja_text.h"

namespace hanok::jinja {
namespace {

using Method = std::function<Value(const std::string& self, const std::vector<Value>& arguments, Budget& budget)>;

const std::string& text_of(const Value& value) {
  if (value.is_undefined()) value.fail_undefined();
  if (!value.is_string()) throw TemplateError("expected a text, got " + value.type_name());
  return value.str();
}

bool given(const std::vector<Value>& arguments, size_t i) {
  return i < arguments.size() && !arguments[i].is_none();
}

Value texts(const std::vector<std::string_view>& parts, Budget& budget) {
  std::vector<Value> items;
  for (const auto part : parts) items.push_back(make_text(std::string(part), budget));
  return make_list(std::move(items), budget);
}

Value stripped(const std::string& self, const std::vector<Value>& a, Budget& budget, Side side) {
  if (!given(a, 0)) return make_text(std::string(strip(self, side)), budget);
  const std::string_view characters = text_of(a[0]);
  budget.step(static_cast<int64_t>(characters.size()) * 4);
  return make_text(std::string(strip(self, side, &characters)), budget);
}

Value split_text(const std::string& self, const std::vector<Value>& a, Budget& budget) {
  const int64_t max = a.size() > 1 ? to_index(a[1]) : -1;
  if (!given(a, 0)) return texts(split_space(self, max), budget);
  if (text_of(a[0]).empty()) throw TemplateError("empty separator");
  return texts(split(self, text_of(a[0]), max), budget);
}

Value split_right(const std::string& self, const std::vector<Value>& a, Budget& budget) {
  const int64_t max = a.size() > 1 ? to_index(a[1]) : -1;
  if (!given(a, 0) || max < 0) return split_text(self, {given(a, 0) ? a[0] : Value(None{})}, budget);
  const std::string& separator = text_of(a[0]);
  if (separator.empty()) throw TemplateError("empty separator");
  std::vector<std::string_view> parts;
  std::string_view left = self;
  while (static_cast<int64_t>(parts.size()) < max) {
    const size_t at = left.rfind(separator);
    if (at == std::string_view::npos) break;
    parts.insert(parts.begin(), left.substr(at + separator.size()));
    left = left.substr(0, at);
  }
  parts.insert(parts.begin(), left);
  return texts(parts, budget);
}

bool affixed(const std::string& self, const std::vector<Value>& a, bool start) {
  if (a.empty()) throw TemplateError("startswith and endswith expect a text");
  const auto one = [&](const Value& v) { return start ? self.starts_with(text_of(v)) : self.ends_with(text_of(v)); };
  if (!a[0].is_tuple()) return one(a[0]);
  for (const Value& choice : a[0].list()->items) {
    if (one(choice)) return true;
  }
  return false;
}

Value found(const std::string& self, const std::vector<Value>& a, bool last) {
  const size_t at = last ? self.rfind(text_of(a.at(0))) : self.find(text_of(a.at(0)));
  return at == std::string::npos ? int64_t{-1} : count_code_points(std::string_view(self).substr(0, at));
}

Value joined(const std::string& self, const std::vector<Value>& a, Budget& budget) {
  std::string out;
  bool first = true;
  for (const Value& item : elements_of(a.at(0), budget)) {
    if (!first) out += self;
    first = false;
    out += text_of(item);
    budget.bytes(static_cast<int64_t>(self.size() + item.str().size()));
  }
  return make_text(std::move(out), budget);
}

Value replaced(const std::string& self, const std::vector<Value>& a, Budget& budget) {
  const std::string& from = text_of(a.at(0));
  const std::string& to = text_of(a.at(1));
  const auto n = static_cast<int64_t>(self.size() / std::max<size_t>(from.size(), 1) + 1);
  if (to.size() > 64)
    budget.bytes(n > (int64_t{1} << 40) / static_cast<int64_t>(to.size()) ? Budget::kMaxBytes + 1 : 0);
  if (static_cast<double>(n) * static_cast<double>(to.size()) > 4.0 * static_cast<double>(Budget::kMaxBytes)) {
    budget.bytes(Budget::kMaxBytes + 1);
  }
  return make_text(replace(self, from, to, a.size() > 2 ? to_index(a[2]) : -1), budget);
}

Value index_of(const std::string& self, const std::vector<Value>& a, bool last) {
  Value at = found(self, a, last);
  if (at.integer() < 0) throw TemplateError("substring not found");
  return at;
}

// str.center, ljust and rjust; side says where the text stays.
Value justified(const std::string& self, const std::vector<Value>& a, Budget& budget, Side side) {
  const std::string fill = a.size() > 1 ? text_of(a[1]) : " ";
  if (count_code_points(fill) != 1) throw TemplateError("The fill character must be exactly one character long");
  const int64_t width = to_index(a.at(0)), missing = std::max<int64_t>(0, width - count_code_points(self));
  budget.bytes(missing > Budget::kMaxBytes ? Budget::kMaxBytes + 1 : missing * 4);
  int64_t left = side == Side::kLeft ? 0 : side == Side::kRight ? missing : missing / 2 + (missing & width & 1);
  std::string out;
  for (; left > 0; --left) out += fill;
  const int64_t before = static_cast<int64_t>(out.size() / fill.size());
  out += self;
  for (int64_t i = before; i < missing; ++i) out += fill;
  return make_text(std::move(out), budget);
}

Value zero_filled(const std::string& self, const std::vector<Value>& a, Budget& budget) {
  const bool has_sign = self.starts_with('-') || self.starts_with('+');
  const int64_t missing = std::max<int64_t>(0, to_index(a.at(0)) - count_code_points(self));
  budget.bytes(missing > Budget::kMaxBytes ? Budget::kMaxBytes + 1 : missing);
  std::string out = self;
  out.insert(has_sign ? 1 : 0, static_cast<size_t>(missing), '0');
  return make_text(std::move(out), budget);
}

Value partitioned(const std::string& self, const std::vector<Value>& a, Budget& budget, bool last) {
  const std::string& separator = text_of(a.at(0));
  if (separator.empty()) throw TemplateError("empty separator");
  const size_t at = last ? self.rfind(separator) : self.find(separator);
  std::vector<Value> parts(3, Value(""));
  if (at == std::string::npos) {
    parts[last ? 2 : 0] = make_text(self, budget);
  } else {
    parts = {make_text(self.substr(0, at), budget), make_text(separator, budget),
             make_text(self.substr(at + separator.size()), budget)};
  }
  return make_list(std::move(parts), budget, ListKind::kTuple);
}

bool all_code_points(const std::string& self, bool (*accept)(uint32_t)) {
  for (size_t at = 0; at < self.size();) {
    if (!accept(next_code_point(self, at))) return false;
  }
  return !self.empty();
}

const std::unordered_map<std::string, Method>& text_methods() {
  using Args = std::vector<Value>;
  using S = std::string;
  static const std::unordered_map<std::string, Method> methods = {
      {"strip", [](const S& s, const Args& a, Budget& b) { return stripped(s, a, b, Side::kBoth); }},
      {"lstrip", [](const S& s, const Args& a, Budget& b) { return stripped(s, a, b, Side::kLeft); }},
      {"rstrip", [](const S& s, const Args& a, Budget& b) { return stripped(s, a, b, Side::kRight); }},
      {"split", split_text},
      {"rsplit", split_right},
      {"splitlines", [](const S& s, const Args&, Budget& b) { return texts(split_lines(s), b); }},
      {"startswith", [](const S& s, const Args& a, Budget&) -> Value { return affixed(s, a, true); }},
      {"endswith", [](const S& s, const Args& a, Budget&) -> Value { return affixed(s, a, false); }},
      {"upper", [](const S& s, const Args&, Budget& b) { return make_text(upper(s), b); }},
      {"lower", [](const S& s, const Args&, Budget& b) { return make_text(lower(s), b); }},
      {"title", [](const S& s, const Args&, Budget& b) { return make_text(title(s), b); }},
      {"capitalize", [](const S& s, const Args&, Budget& b) { return make_text(capitalize(s), b); }},
      {"replace", replaced},
      {"index", [](const S& s, const Args& a, Budget&) { return index_of(s, a, false); }},
      {"rindex", [](const S& s, const Args& a, Budget&) { return index_of(s, a, true); }},
      {"center", [](const S& s, const Args& a, Budget& b) { return justified(s, a, b, Side::kBoth); }},
      {"ljust", [](const S& s, const Args& a, Budget& b) { return justified(s, a, b, Side::kLeft); }},
      {"rjust", [](const S& s, const Args& a, Budget& b) { return justified(s, a, b, Side::kRight); }},
      {"zfill", zero_filled},
      {"partition", [](const S& s, const Args& a, Budget& b) { return partitioned(s, a, b, false); }},
      {"rpartition", [](const S& s, const Args& a, Budget& b) { return partitioned(s, a, b, true); }},
      {"swapcase", [](const S& s, const Args&, Budget& b) { return make_text(swap_case(s), b); }},
      {"isupper", [](const S& s, const Args&, Budget&) -> Value { return has_only_case(s, Case::kUpper); }},
      {"islower", [](const S& s, const Args&, Budget&) -> Value { return has_only_case(s, Case::kLower); }},
      {"isdecimal", [](const S& s, const Args&, Budget&) -> Value { return all_code_points(s, is_decimal); }},
      {"isnumeric", [](const S& s, const Args&, Budget&) -> Value { return all_code_points(s, is_numeric); }},
      {"isalnum",
       [](const S& s, const Args&, Budget&) -> Value {
         return all_code_points(s, [](uint32_t c) { return is_letter(c) || is_numeric(c); });
       }},
      {"find", [](const S& s, const Args& a, Budget&) { return found(s, a, false); }},
      {"rfind", [](const S& s, const Args& a, Budget&) { return found(s, a, true); }},
      {"join", joined},
      {"count",
       [](const S& s, const Args& a, Budget&) -> Value {
         const std::string& what = text_of(a.at(0));
         return what.empty() ? count_code_points(s) + 1 : static_cast<int64_t>(split(s, what, -1).size()) - 1;
       }},
      {"isdigit", [](const S& s, const Args&, Budget&) -> Value { return all_code_points(s, is_decimal); }},
      {"isspace", [](const S& s, const Args&, Budget&) -> Value { return all_code_points(s, is_space); }},
      {"isalpha", [](const S& s, const Args&, Budget&) -> Value { return all_code_points(s, is_letter); }},
      {"removeprefix",
       [](const S& s, const Args& a, Budget& b) {
         const std::string& what = text_of(a.at(0));
         return make_text(s.starts_with(what) ? s.substr(what.size()) : s, b);
       }},
      {"removesuffix",
       [](const S& s, const Args& a, Budget& b) {
         const std::string& what = text_of(a.at(0));
         return make_text(s.ends_with(what) ? s.substr(0, s.size() - what.size()) : s, b);
       }},
  };
  return methods;
}

Value dict_method(const std::shared_ptr<Dict>& dict, const std::string& name, const Arguments& given, Budget& budget) {
  const auto& a = given.positional;
  if (name == "get") {
    if (a.empty()) throw TemplateError("get expected at least 1 argument");
    if (const Value* found = dict->find(a[0])) return *found;
    return a.size() > 1 ? a[1] : Value(None{});
  }
  if (name == "copy") return dict;
  std::vector<Value> items;
  for (const auto& [key, value] : dict->entries) {
    items.push_back(name == "keys"     ? key
                    : name == "values" ? value
                                       : make_list({key, value}, budget, ListKind::kTuple));
  }
  const ListKind kind = name == "keys" ? ListKind::kKeys : name == "values" ? ListKind::kValues : ListKind::kItems;
  return make_list(std::move(items), budget, kind);
}

Value callable(const std::string& name, std::function<Value(Arguments&)> call) {
  return std::make_shared<Callable>(Callable{name, std::move(call)});
}

Value list_method(const std::shared_ptr<List>& list, const std::string& name, const Arguments& given, Budget& budget) {
  if (name == "copy") return make_list(list->items, budget);
  if (given.positional.empty()) throw TemplateError(name + " expects a value");
  int64_t count = 0;
  for (size_t i = 0; i < list->items.size(); ++i) {
    if (!equal(list->items[i], given.positional[0], budget)) continue;
    if (name == "index") return static_cast<int64_t>(i);
    ++count;
  }
  if (name == "index") throw TemplateError("the value is not in the list");
  return count;
}

}  // namespace

Value method_of(const Value& object, const std::string& name, Budget& budget) {
  if (object.is_string()) {
    if (name == "format") {
      return callable(
          name, [object, &budget](Arguments& a) { return make_text(format_braces(object.str(), a, budget), budget); });
    }
    const auto found = text_methods().find(name);
    if (found == text_methods().end()) return {};
    return callable(name, [object, &budget, &method = found->second, name](Arguments& a) {
      for (auto& [key, value] : a.named) {
        if (key == "maxsplit" && a.positional.empty()) a.positional.emplace_back(None{});
        a.positional.push_back(value);
      }
      try {
        return method(object.str(), a.positional, budget);
      } catch (const std::out_of_range&) {
        throw TemplateError(name + " expects more arguments");
      }
    });
  }
  if (object.is_dict() && (name == "get" || name == "items" || name == "keys" || name == "values" || name == "copy")) {
    return callable(name,
                    [dict = object.dict(), name, &budget](Arguments& a) { return dict_method(dict, name, a, budget); });
  }
  const bool listed = name == "index" || name == "count";
  if ((object.is_sequence() && !object.is_string() && listed) || (object.is_list(ListKind::kList) && name == "copy")) {
    return callable(name,
                    [list = object.list(), name, &budget](Arguments& a) { return list_method(list, name, a, budget); });
  }
  return {};
}

}  // namespace hanok::jinja
