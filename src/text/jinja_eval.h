// Walks a template's tree and writes its output.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/jinja_ast.h"

namespace hanok::jinja {

// The variables of one block; what is not here is looked for in `parent`.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::unordered_map<std::string, Value> names;
  const Value* find(const std::string& name) const;
};

class Evaluator {
 public:
  Evaluator();
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  void set_global(const std::string& name, Value value) { root_->names[name] = std::move(value); }
  Budget& budget() { return budget_; }
  // Throws TemplateError with a line.
  std::string run(const Body& template_body);

  // For filters: calls a filter or a test by its name.
  Value filter(const std::string& name, const Value& input, Arguments& arguments);
  bool test(const std::string& name, const Value& input, const std::vector<Value>& arguments);
  Value attribute(const Value& object, const std::string& name);
  Value item(const Value& object, const Value& key);
  Value binary(const std::string& op, const Value& left, const Value& right);
  bool compare_with(const std::string& op, const Value& left, const Value& right);

 private:
  enum class Flow { kNext, kBreak, kContinue };
  Flow execute(const Body& body);
  Flow statement(const Node& node);
  Flow if_statement(const Node& node);
  void for_loop(const Node& node, const Value& iterable, int depth);
  Value loop_object(const Node& node, int depth);
  void set_loop(Object& loop, const std::vector<Value>& items, size_t at);
  std::vector<Value> filtered(const Node& node, const Value& iterable);
  Value make_macro(const Node& node, size_t first_default, const std::string& name);
  Value call_macro(const Node& node, size_t first_default, const std::string& name, std::shared_ptr<Scope> scope,
                   Arguments& arguments);
  void call_block(const Node& node);
  void assign(const Node& target, Value value);
  std::string captured(const Body& body);
  void write(const Value& value);
  void enter();
  void leave() { scope_ = scope_->parent; }

  Value evaluate(const Node& node);
  Value evaluate_kind(const Node& node);
  Value name(const Node& node);
  Value list(const Node& node, bool tuple);
  Value dict(const Node& node);
  Value slice(const Node& node);
  Value call(const Node& node);
  Value unary(const Node& node);
  Value binary_node(const Node& node);
  Value concat(const Node& node);
  Value comparison(const Node& node);
  Arguments arguments(const Node& node, size_t first);
  void add_globals();

  Budget budget_;
  std::shared_ptr<Scope> root_;
  std::shared_ptr<Scope> scope_;
  std::string* out_ = nullptr;
  int depth_ = 0;
  std::vector<std::shared_ptr<Object>> objects_;  // emptied at the end, so that cycles do not leak
};

// A method of a text, list or dictionary as a callable, or an undefined value.
Value method_of(const Value& object, const std::string& name, Budget& budget);
// "%s %05.2f" % values.
std::string format_percent(const std::string& format, const Value& values, Budget& budget);
// "{} {0} {name:>5}".format(…).
std::string format_braces(const std::string& format, const Arguments& arguments, Budget& budget);
int64_t to_index(const Value& value);

}  // namespace hanok::jinja
