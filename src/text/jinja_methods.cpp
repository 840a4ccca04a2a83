// The methods of texts and dictionaries that templates call, and "%" formatting.
#include <algorithm>
#include <cstdio>
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
  if (!a[0].is_list()) return one(a[0]);
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

bool all_code_points(const std::string& self, bool (*accept)(uint32_t)) {
  for (size_t at = 0; at < self.size();) {
    if (!accept(next_code_point(self, at))) return false;
  }
  return !self.empty();
}

// "{} {0} {name}" without format specifications.
Value formatted(const std::string& self, const Arguments& a, Budget& budget) {
  std::string out;
  size_t automatic = 0;
  for (size_t i = 0; i < self.size(); ++i) {
    const char c = self[i];
    if ((c == '{' || c == '}') && i + 1 < self.size() && self[i + 1] == c) {
      out += c;
      ++i;
    } else if (c == '{') {
      const size_t end = self.find('}', i);
      if (end == std::string::npos) throw TemplateError("a format field is not closed");
      const std::string field = self.substr(i + 1, end - i - 1);
      const bool number = field.empty() || field.find_first_not_of("0123456789") == std::string::npos;
      if (number) {
        const size_t at = field.empty() ? automatic++ : static_cast<size_t>(std::stoul(field.substr(0, 9)));
        if (at >= a.positional.size()) throw TemplateError("a format field has no argument");
        out += to_text(a.positional[at], budget);
      } else {
        const Value* value = nullptr;
        for (const auto& [name, v] : a.named) value = name == field ? &v : value;
        if (!value) throw TemplateError("unknown format field '" + field + "'");
        out += to_text(*value, budget);
      }
      i = end;
    } else {
      out += c;
    }
  }
  return make_text(std::move(out), budget);
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
      {"find", [](const S& s, const Args& a, Budget&) { return found(s, a, false); }},
      {"rfind", [](const S& s, const Args& a, Budget&) { return found(s, a, true); }},
      {"join", joined},
      {"count",
       [](const S& s, const Args& a, Budget&) -> Value {
         const std::string& what = text_of(a.at(0));
         return what.empty() ? count_code_points(s) + 1 : static_cast<int64_t>(split(s, what, -1).size()) - 1;
       }},
      {"isdigit",
       [](const S& s, const Args&, Budget&) -> Value {
         return all_code_points(s, [](uint32_t c) { return c >= '0' && c <= '9'; });
       }},
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
    items.push_back(name == "keys" ? key : name == "values" ? value : make_list({key, value}, budget, true));
  }
  return make_list(std::move(items), budget);
}

Value callable(const std::string& name, std::function<Value(Arguments&)> call) {
  return std::make_shared<Callable>(Callable{name, std::move(call)});
}

Value list_method(const std::shared_ptr<List>& list, const std::string& name, const Arguments& given, Budget& budget) {
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
      return callable(name, [object, &budget](Arguments& a) { return formatted(object.str(), a, budget); });
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
  if (object.is_list() && (name == "index" || name == "count")) {
    return callable(name,
                    [list = object.list(), name, &budget](Arguments& a) { return list_method(list, name, a, budget); });
  }
  return {};
}

std::string format_percent(const std::string& format, const Value& values, Budget& budget) {
  const bool tuple = values.is_list() && values.list()->tuple;
  const std::vector<Value> given = tuple ? values.list()->items : std::vector<Value>{values};
  size_t next = 0;
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    const size_t begin = ++i;
    Value value;
    bool named = false;
    if (i < format.size() && format[i] == '(') {
      const size_t end = format.find(')', i);
      if (end == std::string::npos || !values.is_dict()) throw TemplateError("format requires a mapping");
      const Value* found = values.dict()->find(std::string_view(format).substr(i + 1, end - i - 1));
      if (!found) throw TemplateError("format key not found");
      value = *found;
      named = true;
      i = end + 1;
    }
    std::string flags;
    while (i < format.size() && std::string_view("-+ #0123456789.").find(format[i]) != std::string_view::npos)
      flags += format[i++];
    if (i >= format.size()) throw TemplateError("incomplete format");
    const char kind = format[i];
    if (kind == '%') {
      out += '%';
      continue;
    }
    if (!named) {
      if (next >= given.size()) throw TemplateError("not enough arguments for format string");
      value = given[next++];
    }
    if (flags.size() > 6) throw TemplateError("a format is too wide: " + format.substr(begin, 16), ErrorKind::kLimit);
    const bool is_text = kind == 's' || kind == 'r';
    if (!is_text && !value.is_number()) throw TemplateError(fmt::format("%{} format: a number is required", kind));
    char buffer[12000];
    const std::string spec = "%" + flags;
    budget.bytes(16);
    if (is_text) {
      std::string text = kind == 's' ? to_text(value, budget) : to_repr(value, budget);
      const bool left = flags.starts_with('-');
      const size_t digits = flags.find_first_of("123456789");
      const size_t width =
          digits == std::string::npos || flags.find('.') < digits ? 0 : std::stoul(flags.substr(digits));
      if (const size_t dot = flags.find('.'); dot != std::string::npos) {
        const auto offsets = code_point_offsets(text);
        const size_t keep = dot + 1 < flags.size() ? std::stoul(flags.substr(dot + 1)) : 0;
        if (keep < offsets.size()) text.resize(offsets[keep]);
      }
      const auto n = static_cast<size_t>(count_code_points(text));
      const std::string pad(width > n ? width - n : 0, ' ');
      budget.bytes(static_cast<int64_t>(pad.size()));
      out += left ? text + pad : pad + text;
    } else if (kind == 'd' || kind == 'i' || kind == 'x' || kind == 'X' || kind == 'o') {
      const auto number =
          value.is_float() ? static_cast<long long>(value.number()) : static_cast<long long>(value.integer());
      const std::string whole = spec + "ll" + kind;
      if (flags.find('.') == std::string::npos && flags.size() > 4)
        throw TemplateError("a format is too wide", ErrorKind::kLimit);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
      std::snprintf(buffer, sizeof buffer, whole.c_str(), number);
      out += buffer;
    } else if (std::string_view("fFeEgG").find(kind) != std::string_view::npos) {
      std::snprintf(buffer, sizeof buffer, (spec + kind).c_str(), value.number());
#pragma GCC diagnostic pop
      out += buffer;
    } else {
      throw TemplateError(fmt::format("unsupported format character '{}'", kind));
    }
  }
  if (next < given.size() && (tuple || !values.is_dict()))
    throw TemplateError("not all arguments converted during string formatting");
  return out;
}

}  // namespace hanok::jinja
