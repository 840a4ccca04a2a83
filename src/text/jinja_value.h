// The values a chat template computes with, which behave and print as Python's do.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace hanok::jinja {

// Thrown inside the interpreter only; ChatTemplate turns it into an Error. `line` is 0 while it is not known.
struct TemplateError : std::runtime_error {
  explicit TemplateError(const std::string& message, ErrorKind kind_ = ErrorKind::kInvalidInput, int line_ = 0)
      : std::runtime_error(message), kind(kind_), line(line_) {}
  ErrorKind kind;
  int line;
};

// What one rendering may use up. Steps count evaluated nodes and visited elements; bytes count everything created.
class Budget {
 public:
  static constexpr int64_t kMaxBytes = int64_t{512} << 20;
  void step(int64_t n = 1) {
    if ((steps_ += n) > max_steps_) throw TemplateError("the template does not end: too many steps", ErrorKind::kLimit);
  }
  // A longer conversation may take more steps: this many for each of its values. Real templates take about 50.
  void allow_for_input(int64_t n_values) { max_steps_ += 2'000 * n_values; }
  void bytes(int64_t n) {
    if (n > kMaxBytes || (bytes_ += n) > kMaxBytes) {
      throw TemplateError("the template makes too much text", ErrorKind::kLimit);
    }
  }

 private:
  int64_t max_steps_ = 2'000'000;
  int64_t steps_ = 0;
  int64_t bytes_ = 0;
};

// What Python has beside lists: each prints in its own way, and not all can be indexed, added or counted.
enum class ListKind { kList, kTuple, kRange, kKeys, kValues, kItems, kGenerator };

class Value;
struct List;
struct Dict;
struct Object;
struct Callable;
using Kwargs = std::vector<std::pair<std::string, Value>>;

struct Undefined {
  std::shared_ptr<const std::string> message;  // what an operation on it reports
};
struct None {};
struct Str {
  std::shared_ptr<const std::string> text;
  bool markup = false;  // came out of `safe` or `escape`
};

// A cheap-to-copy value; lists, dictionaries and texts are shared and never change once they are visible.
class Value {
 public:
  using Data = std::variant<Undefined, None, bool, int64_t, double, Str, std::shared_ptr<List>, std::shared_ptr<Dict>,
                            std::shared_ptr<Object>, std::shared_ptr<Callable>>;
  Value() : data_(Undefined{}) {}
  Value(None none) : data_(none) {}
  Value(bool flag) : data_(flag) {}
  Value(int number) : data_(int64_t{number}) {}
  Value(int64_t number) : data_(number) {}
  Value(double number) : data_(number) {}
  Value(std::string text, bool markup = false)
      : data_(Str{std::make_shared<const std::string>(std::move(text)), markup}) {}
  Value(const char* text) : Value(std::string(text)) {}
  Value(std::shared_ptr<List> list) : data_(std::move(list)) {}
  Value(std::shared_ptr<Dict> dict) : data_(std::move(dict)) {}
  Value(std::shared_ptr<Object> object) : data_(std::move(object)) {}
  Value(std::shared_ptr<Callable> callable) : data_(std::move(callable)) {}
  static Value undefined(std::string message);
  static Value undefined_name(std::string_view name);

  template <class T>
  bool is() const {
    return std::holds_alternative<T>(data_);
  }
  bool is_undefined() const { return is<Undefined>(); }
  bool is_none() const { return is<None>(); }
  bool is_bool() const { return is<bool>(); }
  bool is_int() const { return is<int64_t>(); }
  bool is_float() const { return is<double>(); }
  bool is_integral() const { return is_int() || is_bool(); }
  bool is_number() const { return is_integral() || is_float(); }
  bool is_string() const { return is<Str>(); }
  bool is_list() const { return is<std::shared_ptr<List>>(); }
  bool is_dict() const { return is<std::shared_ptr<Dict>>(); }
  bool is_object() const { return is<std::shared_ptr<Object>>(); }
  bool is_list(ListKind kind) const;
  bool is_sequence() const {
    return is_string() || is_list(ListKind::kList) || is_tuple() || is_list(ListKind::kRange);
  }
  bool is_tuple() const { return is_list(ListKind::kTuple); }
  bool is_callable() const { return is<std::shared_ptr<Callable>>(); }

  // Only when is_…() says so.
  const std::string& str() const { return *std::get<Str>(data_).text; }
  bool markup() const { return is_string() && std::get<Str>(data_).markup; }
  int64_t integer() const { return is_bool() ? int64_t{std::get<bool>(data_)} : std::get<int64_t>(data_); }
  double number() const { return is_float() ? std::get<double>(data_) : static_cast<double>(integer()); }
  const std::shared_ptr<List>& list() const { return std::get<std::shared_ptr<List>>(data_); }
  const std::shared_ptr<Dict>& dict() const { return std::get<std::shared_ptr<Dict>>(data_); }
  const std::shared_ptr<Object>& object() const { return std::get<std::shared_ptr<Object>>(data_); }
  const std::shared_ptr<Callable>& callable() const { return std::get<std::shared_ptr<Callable>>(data_); }
  const Data& data() const { return data_; }

  bool truthy() const;
  int depth() const;              // 0 for what holds no other value
  std::string type_name() const;  // Python's, for messages
  [[noreturn]] void fail_undefined() const;

 private:
  Data data_;
};

struct List {
  std::vector<Value> items;  // a generator's are gone once they were visited
  ListKind kind = ListKind::kList;
  int64_t first = 0, end = 0, step = 1;  // of a range
  int depth = 1;
};

// An insertion-ordered dictionary; keys are compared as Python compares them.
struct Dict {
  std::vector<std::pair<Value, Value>> entries;
  std::unordered_map<std::string, size_t> index;  // canonical key -> entry
  int depth = 1;
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  void set(const Value& key, Value value);
};

// A namespace or a loop: attributes by name. Only a namespace can be assigned to.
struct Object {
  std::string type;
  std::unordered_map<std::string, Value> attributes;
  bool assignable = false;
};

struct Arguments {
  std::vector<Value> positional;
  Kwargs named;
};

struct Callable {
  std::string name;
  std::function<Value(Arguments&)> call;
  bool is_macro = false;
};

// Limits the nesting of what a template builds, so that walking it cannot exhaust the stack.
inline constexpr int kMaxValueDepth = 100;

Value make_list(std::vector<Value> items, Budget& budget, ListKind kind = ListKind::kList);
Value make_text(std::string text, Budget& budget, bool markup = false);
void set_item(Dict& dict, const Value& key, Value value, Budget& budget);

// str(value) and repr(value).
std::string to_text(const Value& value, Budget& budget);
std::string to_repr(const Value& value, Budget& budget);
std::string float_repr(double number);

bool equal(const Value& a, const Value& b, Budget& budget);
// <0, 0, >0; fails for values Python does not order.
int compare(const Value& a, const Value& b, Budget& budget);
bool contains(const Value& container, const Value& item, Budget& budget);
// len(value); fails for what has none. Counts code points of a text.
int64_t length_of(const Value& value);
// The elements a loop over the value visits; fails for what cannot be iterated.
std::vector<Value> elements_of(const Value& value, Budget& budget);

struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  bool indented = false;
  std::string indent;
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};
// json.dumps(value), byte for byte.
std::string to_json(const Value& value, const JsonStyle& style, Budget& budget);
Value from_json(const nlohmann::ordered_json& json, Budget& budget, int depth = 0);

}  // namespace hanok::jinja
