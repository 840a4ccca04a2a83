// JSON in and out of template values; written as Python's json.dumps writes it.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "text/jinja_text.h"
#include "text/jinja_value.h"

namespace hanok::jinja {
namespace {

std::string quote(std::string_view text, bool ensure_ascii) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const uint32_t c = next_code_point(text, at);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\b') {
      out += "\\b";
    } else if (c == '\f') {
      out += "\\f";
    } else if (c < 0x20 || (ensure_ascii && c > 0x7E && c < 0x10000)) {
      out += fmt::format("\\u{:04x}", c);
    } else if (ensure_ascii && c >= 0x10000) {
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      append_code_point(out, c);
    }
  }
  return out + "\"";
}

class JsonWriter {
 public:
  JsonWriter(const JsonStyle& style, Budget& budget) : style_(style), budget_(budget) {}
  void write(const Value& value);
  std::string take() { return std::move(out_); }

 private:
  void add(std::string_view text) {
    budget_.bytes(static_cast<int64_t>(text.size()));
    out_ += text;
  }
  void line(int level) {
    if (!style_.indented) return;
    add("\n");
    for (int i = 0; i < level; ++i) add(style_.indent);
  }
  std::string key_text(const Value& key) const;
  void number(const Value& value);
  void list(const List& list);
  void dict(const Dict& dict);
  const JsonStyle& style_;
  Budget& budget_;
  std::string out_;
  int level_ = 0;
};

std::string JsonWriter::key_text(const Value& key) const {
  if (key.is_string()) return key.str();
  if (key.is_bool()) return key.integer() != 0 ? "true" : "false";
  if (key.is_none()) return "null";
  if (key.is_int()) return fmt::format("{}", key.integer());
  if (key.is_float()) return float_repr(key.number());
  throw TemplateError("keys must be str, int, float, bool or None, not " + key.type_name());
}

void JsonWriter::number(const Value& value) {
  if (value.is_int()) return add(fmt::format("{}", value.integer()));
  const double x = value.number();
  add(std::isnan(x) ? "NaN" : std::isinf(x) ? (x < 0 ? "-Infinity" : "Infinity") : float_repr(x));
}

void JsonWriter::list(const List& list) {
  if (list.items.empty()) return add("[]");
  add("[");
  ++level_;
  for (size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) add(style_.item_separator);
    line(level_);
    write(list.items[i]);
  }
  line(--level_);
  add("]");
}

void JsonWriter::dict(const Dict& dict) {
  if (dict.entries.empty()) return add("{}");
  std::vector<size_t> order(dict.entries.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (style_.sort_keys) {
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return compare(dict.entries[a].first, dict.entries[b].first, budget_) < 0;
    });
  }
  add("{");
  ++level_;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0) add(style_.item_separator);
    line(level_);
    add(quote(key_text(dict.entries[order[i]].first), style_.ensure_ascii));
    add(style_.key_separator);
    write(dict.entries[order[i]].second);
  }
  line(--level_);
  add("}");
}

void JsonWriter::write(const Value& value) {
  budget_.step();
  if (value.is_string()) {
    add(quote(value.str(), style_.ensure_ascii));
  } else if (value.is_none()) {
    add("null");
  } else if (value.is_bool()) {
    add(value.integer() != 0 ? "true" : "false");
  } else if (value.is_number()) {
    number(value);
  } else if (value.is_list(ListKind::kList) || value.is_tuple()) {
    list(*value.list());
  } else if (value.is_dict()) {
    dict(*value.dict());
  } else {
    throw TemplateError("Object of type " + value.type_name() + " is not JSON serializable");
  }
}

}  // namespace

std::string to_json(const Value& value, const JsonStyle& style, Budget& budget) {
  JsonWriter writer(style, budget);
  writer.write(value);
  return writer.take();
}

Value from_json(const nlohmann::ordered_json& json, Budget& budget, int depth) {
  budget.allow_for_input(1);
  if (depth > kMaxValueDepth) throw TemplateError("the conversation is nested too deep", ErrorKind::kLimit);
  if (json.is_null()) return None{};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) return json.get<double>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return make_text(json.get<std::string>(), budget);
  if (json.is_array()) {
    std::vector<Value> items;
    for (const auto& item : json) items.push_back(from_json(item, budget, depth + 1));
    return make_list(std::move(items), budget);
  }
  auto dict = std::make_shared<Dict>();
  for (const auto& [key, item] : json.items()) set_item(*dict, Value(key), from_json(item, budget, depth + 1), budget);
  return dict;
}

}  // namespace hanok::jinja
