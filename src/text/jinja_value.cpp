// The values a chat template computes with: printing, comparing, iterating.
#include "text/jinja_value.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "text/jinja_text.h"

namespace hanok::jinja {
namespace {

std::string range_repr(const List& list) {
  return list.step == 1 ? fmt::format("range({}, {})", list.first, list.end)
                        : fmt::format("range({}, {}, {})", list.first, list.end, list.step);
}

// The text under which a dictionary finds a key: equal keys have equal texts (1 == 1.0 == True in Python).
std::string canonical(const Value& key) {
  if (key.is_string()) return "s" + key.str();
  if (key.is_none()) return "n";
  if (key.is_undefined()) return "u";
  if (key.is_integral()) return fmt::format("i{}", key.integer());
  if (key.is_float()) {
    const double number = key.number();
    if (std::floor(number) == number && std::abs(number) < 9e18)
      return fmt::format("i{}", static_cast<int64_t>(number));
    return "f" + float_repr(number);
  }
  if (key.is_list(ListKind::kRange)) return "r" + range_repr(*key.list());
  if (key.is_tuple()) {
    std::string text = "t";
    for (const Value& item : key.list()->items) {
      const std::string part = canonical(item);
      text += fmt::format("{}:{}", part.size(), part);
    }
    return text;
  }
  throw TemplateError("unhashable type: '" + key.type_name() + "'");
}

void check_depth(int depth) {
  if (depth > kMaxValueDepth) throw TemplateError("values are nested too deep", ErrorKind::kLimit);
}

// Appends text while the budget is watched.
class Printer {
 public:
  explicit Printer(Budget& budget) : budget_(budget) {}
  void add(std::string_view text) {
    budget_.bytes(static_cast<int64_t>(text.size()));
    out_ += text;
  }
  void repr(const Value& value);
  std::string take() { return std::move(out_); }

 private:
  void quoted(std::string_view text);
  void list(const List& list);
  void dict(const Dict& dict);
  Budget& budget_;
  std::string out_;
};

void Printer::quoted(std::string_view text) {
  const bool single = text.find('\'') == std::string_view::npos || text.find('"') != std::string_view::npos;
  const char quote = single ? '\'' : '"';
  std::string out(1, quote);
  for (size_t at = 0; at < text.size();) {
    const uint32_t c = next_code_point(text, at);
    if (c == static_cast<unsigned char>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (is_printable(c)) {
      append_code_point(out, c);
    } else {
      out += c < 0x100     ? fmt::format("\\x{:02x}", c)
             : c < 0x10000 ? fmt::format("\\u{:04x}", c)
                           : fmt::format("\\U{:08x}", c);
    }
  }
  out += quote;
  add(out);
}

void Printer::list(const List& list) {
  const auto name = [&]() -> std::string_view {
    return list.kind == ListKind::kKeys     ? "dict_keys("
           : list.kind == ListKind::kValues ? "dict_values("
                                            : "dict_items(";
  };
  const bool tuple = list.kind == ListKind::kTuple;
  const bool view = !tuple && list.kind != ListKind::kList;
  if (list.kind == ListKind::kRange) return add(range_repr(list));
  if (list.kind == ListKind::kGenerator) return add("<generator object>");
  if (view) add(name());
  add(tuple ? "(" : "[");
  for (size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) add(", ");
    repr(list.items[i]);
  }
  if (tuple && list.items.size() == 1) add(",");
  add(tuple ? ")" : "]");
  if (view) add(")");
}

void Printer::dict(const Dict& dict) {
  add("{");
  for (size_t i = 0; i < dict.entries.size(); ++i) {
    if (i > 0) add(", ");
    repr(dict.entries[i].first);
    add(": ");
    repr(dict.entries[i].second);
  }
  add("}");
}

void Printer::repr(const Value& value) {
  budget_.step();
  if (value.is_string()) {
    if (value.markup()) add("Markup(");
    quoted(value.str());
    if (value.markup()) add(")");
  } else if (value.is_list()) {
    list(*value.list());
  } else if (value.is_dict()) {
    dict(*value.dict());
  } else if (value.is_undefined()) {
    add("Undefined");
  } else if (value.is_none()) {
    add("None");
  } else if (value.is_bool()) {
    add(value.integer() != 0 ? "True" : "False");
  } else if (value.is_int()) {
    add(fmt::format("{}", value.integer()));
  } else if (value.is_float()) {
    add(float_repr(value.number()));
  } else {
    add("<" + value.type_name() + ">");
  }
}

}  // namespace

Value Value::undefined(std::string message) {
  Value value;
  value.data_ = Undefined{std::make_shared<const std::string>(std::move(message))};
  return value;
}

Value Value::undefined_name(std::string_view name) {
  return undefined(fmt::format("'{}' is undefined", name));
}

void Value::fail_undefined() const {
  const auto& message = std::get<Undefined>(data_).message;
  throw TemplateError(message ? *message : "a value is undefined");
}

bool Value::truthy() const {
  if (is_undefined() || is_none()) return false;
  if (is_integral()) return integer() != 0;
  if (is_float()) return number() != 0;
  if (is_string()) return !str().empty();
  if (is_list()) return list()->kind == ListKind::kGenerator || !list()->items.empty();
  if (is_dict()) return !dict()->entries.empty();
  return true;
}

bool Value::is_list(ListKind kind) const {
  return is_list() && list()->kind == kind;
}

int Value::depth() const {
  if (is_list()) return list()->depth;
  if (is_dict()) return dict()->depth;
  return 0;
}

std::string Value::type_name() const {
  if (is_undefined()) return "Undefined";
  if (is_none()) return "NoneType";
  if (is_bool()) return "bool";
  if (is_int()) return "int";
  if (is_float()) return "float";
  if (is_string()) return markup() ? "Markup" : "str";
  if (is_list()) {
    constexpr const char* kNames[] = {"list", "tuple", "range", "dict_keys", "dict_values", "dict_items", "generator"};
    return kNames[static_cast<size_t>(list()->kind)];
  }
  if (is_dict()) return "dict";
  return is_object() ? object()->type : "function";
}

const Value* Dict::find(const Value& key) const {
  const auto found = index.find(canonical(key));
  return found == index.end() ? nullptr : &entries[found->second].second;
}

const Value* Dict::find(std::string_view key) const {
  const auto found = index.find("s" + std::string(key));
  return found == index.end() ? nullptr : &entries[found->second].second;
}

void Dict::set(const Value& key, Value value) {
  depth = std::max(depth, std::max(key.depth(), value.depth()) + 1);
  const auto [at, inserted] = index.try_emplace(canonical(key), entries.size());
  if (inserted) {
    entries.emplace_back(key, std::move(value));
  } else {
    entries[at->second].second = std::move(value);
  }
}

Value make_list(std::vector<Value> items, Budget& budget, ListKind kind) {
  budget.bytes(static_cast<int64_t>(items.size() * sizeof(Value) + sizeof(List)));
  auto list = std::make_shared<List>();
  for (const Value& item : items) list->depth = std::max(list->depth, item.depth() + 1);
  check_depth(list->depth);
  list->items = std::move(items);
  list->kind = kind;
  return list;
}

Value make_text(std::string text, Budget& budget, bool markup) {
  budget.bytes(static_cast<int64_t>(text.size() + sizeof(Value)));
  return Value(std::move(text), markup);
}

void set_item(Dict& dict, const Value& key, Value value, Budget& budget) {
  budget.bytes(static_cast<int64_t>(4 * sizeof(Value) + (key.is_string() ? key.str().size() : 0)));
  dict.set(key, std::move(value));
  check_depth(dict.depth);
}

std::string float_repr(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const std::string sign = text.front() == '-' ? "-" : "";
  if (!sign.empty()) text.remove_prefix(1);
  const size_t e = text.find('e');
  int exponent = 0;
  std::string_view digits_of_exponent = text.substr(e + 1);
  if (digits_of_exponent.front() == '+') digits_of_exponent.remove_prefix(1);
  std::from_chars(digits_of_exponent.data(), digits_of_exponent.data() + digits_of_exponent.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  const int n = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    const std::string fraction = n > 1 ? "." + digits.substr(1) : "";
    return fmt::format("{}{}{}e{}{:02d}", sign, digits[0], fraction, exponent < 0 ? "-" : "+", std::abs(exponent));
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  if (n <= exponent + 1) return sign + digits + std::string(static_cast<size_t>(exponent + 1 - n), '0') + ".0";
  return sign + digits.substr(0, static_cast<size_t>(exponent + 1)) + "." +
         digits.substr(static_cast<size_t>(exponent + 1));
}

std::string to_text(const Value& value, Budget& budget) {
  if (value.is_string()) return value.str();
  if (value.is_undefined()) return "";
  return to_repr(value, budget);
}

std::string to_repr(const Value& value, Budget& budget) {
  Printer printer(budget);
  printer.repr(value);
  return printer.take();
}

bool equal(const Value& a, const Value& b, Budget& budget) {
  budget.step();
  if (a.is_number() && b.is_number()) {
    return a.is_integral() && b.is_integral() ? a.integer() == b.integer() : a.number() == b.number();
  }
  if (a.data().index() != b.data().index()) return false;
  if (a.is_undefined() || a.is_none()) return true;
  if (a.is_string()) return a.str() == b.str();
  if (a.is_list()) {
    const List& x = *a.list();
    const List& y = *b.list();
    if (a.list() == b.list()) return true;
    if (x.kind != y.kind || x.kind == ListKind::kGenerator || x.items.size() != y.items.size()) return false;
    for (size_t i = 0; i < x.items.size(); ++i) {
      if (!equal(x.items[i], y.items[i], budget)) return false;
    }
    return true;
  }
  if (a.is_dict()) {
    if (a.dict()->entries.size() != b.dict()->entries.size()) return false;
    for (const auto& [key, value] : a.dict()->entries) {
      const Value* other = b.dict()->find(key);
      if (!other || !equal(value, *other, budget)) return false;
    }
    return true;
  }
  if (a.is_object()) return a.object() == b.object();
  return a.callable() == b.callable();
}

int compare(const Value& a, const Value& b, Budget& budget) {
  budget.step();
  if (a.is_undefined()) a.fail_undefined();
  if (b.is_undefined()) b.fail_undefined();
  if (a.is_number() && b.is_number()) {
    if (a.is_integral() && b.is_integral()) return a.integer() < b.integer() ? -1 : a.integer() > b.integer() ? 1 : 0;
    return a.number() < b.number() ? -1 : a.number() > b.number() ? 1 : 0;
  }
  if (a.is_string() && b.is_string()) {
    const int order = a.str().compare(b.str());
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  if (a.is_sequence() && b.is_sequence() && a.type_name() == b.type_name() && !a.is_list(ListKind::kRange)) {
    const auto& x = a.list()->items;
    const auto& y = b.list()->items;
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal(x[i], y[i], budget)) return compare(x[i], y[i], budget);
    }
    return x.size() < y.size() ? -1 : x.size() > y.size() ? 1 : 0;
  }
  throw TemplateError(fmt::format("values of type '{}' and '{}' have no order", a.type_name(), b.type_name()));
}

bool contains(const Value& container, const Value& item, Budget& budget) {
  if (container.is_string()) {
    if (item.is_undefined()) item.fail_undefined();
    if (!item.is_string()) {
      throw TemplateError("'in <string>' requires string as left operand, not " + item.type_name());
    }
    budget.step(static_cast<int64_t>(container.str().size() / 64));
    return container.str().find(item.str()) != std::string::npos;
  }
  if (container.is_dict()) return container.dict()->find(item) != nullptr;
  if (container.is_undefined()) return false;
  if (!container.is_list()) throw TemplateError("argument of type '" + container.type_name() + "' is not iterable");
  const std::vector<Value> elements = elements_of(container, budget);
  for (const Value& element : elements) {
    if (equal(element, item, budget)) return true;
  }
  return false;
}

int64_t length_of(const Value& value) {
  if (value.is_string()) return count_code_points(value.str());
  if (value.is_list() && !value.is_list(ListKind::kGenerator)) {
    return static_cast<int64_t>(value.list()->items.size());
  }
  if (value.is_dict()) return static_cast<int64_t>(value.dict()->entries.size());
  if (value.is_undefined()) return 0;
  throw TemplateError("object of type '" + value.type_name() + "' has no len()");
}

std::vector<Value> elements_of(const Value& value, Budget& budget) {
  std::vector<Value> items;
  if (value.is_undefined()) return items;
  if (value.is_list()) {
    if (value.is_list(ListKind::kGenerator)) return std::exchange(value.list()->items, {});
    budget.bytes(static_cast<int64_t>(value.list()->items.size() * sizeof(Value)));
    return value.list()->items;
  }
  if (value.is_dict()) {
    budget.bytes(static_cast<int64_t>(value.dict()->entries.size() * sizeof(Value)));
    for (const auto& [key, entry] : value.dict()->entries) items.push_back(key);
    return items;
  }
  if (!value.is_string()) throw TemplateError("'" + value.type_name() + "' object is not iterable");
  const std::string& text = value.str();
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    next_code_point(text, at);
    items.push_back(make_text(text.substr(begin, at - begin), budget));
  }
  return items;
}

}  // namespace hanok::jinja
