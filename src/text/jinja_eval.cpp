// Walks a template's statements.
#include "text/jinja_eval.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

namespace hanok::jinja {
namespace {

constexpr int kMaxDepth = 1500;         // nested evaluations, macro calls included
constexpr int64_t kMaxRange = 100'000;  // as Jinja2's sandbox

__extension__ typedef __int128 Wide;

Value range(const Arguments& arguments, Budget& budget) {
  const auto& given = arguments.positional;
  if (given.empty() || given.size() > 3 || !arguments.named.empty())
    throw TemplateError("range expects 1 to 3 numbers");
  const int64_t begin = given.size() > 1 ? to_index(given[0]) : 0;
  const int64_t end = to_index(given[given.size() > 1 ? 1 : 0]);
  const int64_t step = given.size() > 2 ? to_index(given[2]) : 1;
  if (step == 0) throw TemplateError("range() arg 3 must not be zero");
  const Wide span = step > 0 ? static_cast<Wide>(end) - begin : static_cast<Wide>(begin) - end;
  const Wide stride = step > 0 ? step : -static_cast<Wide>(step);
  const Wide count = span > 0 ? (span + stride - 1) / stride : 0;
  if (count > kMaxRange)
    throw TemplateError(fmt::format("range too big: at most {} numbers", kMaxRange), ErrorKind::kLimit);
  budget.step(static_cast<int64_t>(count));
  std::vector<Value> items;
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i) items.emplace_back(begin + i * step);
  Value list = make_list(std::move(items), budget, ListKind::kRange);
  list.list()->first = begin;
  list.list()->end = end;
  list.list()->step = step;
  return list;
}

std::string time_now(const std::string& format) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[512];
  return std::string(text, std::strftime(text, sizeof text, format.c_str(), &local));
}

Value builtin(std::string name, std::function<Value(Arguments&)> call) {
  return std::make_shared<Callable>(Callable{std::move(name), std::move(call)});
}

// The entries of dict(...) or namespace(...).
void for_each_entry(Arguments& arguments, Budget& budget, const std::function<void(const Value&, const Value&)>& use) {
  for (const Value& value : arguments.positional) {
    if (value.is_dict()) {
      for (const auto& [key, entry] : value.dict()->entries) use(key, entry);
      continue;
    }
    for (const Value& pair : elements_of(value, budget)) {
      const auto parts = elements_of(pair, budget);
      if (parts.size() != 2) throw TemplateError("expected pairs");
      use(parts[0], parts[1]);
    }
  }
  for (const auto& [name, value] : arguments.named) use(Value(name), value);
}

}  // namespace

const Value* Scope::find(const std::string& name) const {
  for (const Scope* scope = this; scope; scope = scope->parent.get()) {
    if (const auto found = scope->names.find(name); found != scope->names.end()) return &found->second;
  }
  return nullptr;
}

Evaluator::Evaluator() : root_(std::make_shared<Scope>()), scope_(root_) {
  add_globals();
}

Evaluator::~Evaluator() {
  for (const auto& object : objects_) object->attributes.clear();
}

void Evaluator::add_globals() {
  set_global("range", builtin("range", [this](Arguments& a) { return range(a, budget_); }));
  set_global("raise_exception", builtin("raise_exception", [this](Arguments& a) -> Value {
               throw TemplateError(a.positional.empty() ? "the template refused" : to_text(a.positional[0], budget_),
                                   ErrorKind::kRefused);
             }));
  set_global("strftime_now", builtin("strftime_now", [](Arguments& a) -> Value {
               if (a.positional.size() != 1 || !a.positional[0].is_string()) {
                 throw TemplateError("strftime_now expects a format");
               }
               return time_now(a.positional[0].str());
             }));
  set_global("dict", builtin("dict", [this](Arguments& a) -> Value {
               auto dict = std::make_shared<Dict>();
               for_each_entry(a, budget_, [&](const Value& k, const Value& v) { set_item(*dict, k, v, budget_); });
               return dict;
             }));
  set_global("namespace", builtin("namespace", [this](Arguments& a) -> Value {
               auto object = std::make_shared<Object>(Object{"Namespace", {}, true});
               budget_.bytes(512);
               objects_.push_back(object);
               for_each_entry(a, budget_, [&](const Value& key, const Value& value) {
                 const std::string name = to_text(key, budget_);
                 if (name.starts_with('_')) throw TemplateError("a namespace name cannot begin with _: " + name);
                 object->attributes[name] = value;
               });
               return object;
             }));
}

std::string Evaluator::run(const Body& template_body) {
  std::string out;
  out_ = &out;
  scope_ = std::make_shared<Scope>(Scope{root_, {}});
  execute(template_body);
  return out;
}

void Evaluator::enter() {
  budget_.bytes(256);
  scope_ = std::make_shared<Scope>(Scope{scope_, {}});
}

void Evaluator::write(const Value& value) {
  if (value.is_string()) {
    budget_.bytes(static_cast<int64_t>(value.str().size()));
    *out_ += value.str();
  } else {
    *out_ += to_text(value, budget_);
  }
}

std::string Evaluator::captured(const Body& body) {
  std::string text;
  std::string* outer = std::exchange(out_, &text);
  execute(body);
  out_ = outer;
  return text;
}

Evaluator::Flow Evaluator::execute(const Body& body) {
  for (const NodePtr& node : body) {
    budget_.step();
    if (++depth_ > kMaxDepth) throw TemplateError("calls are nested too deep", ErrorKind::kLimit, node->line);
    Flow flow = Flow::kNext;
    try {
      flow = statement(*node);
    } catch (TemplateError& error) {
      if (error.line == 0) error.line = node->line;
      throw;
    }
    --depth_;
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

Evaluator::Flow Evaluator::statement(const Node& node) {
  switch (node.kind) {
    case NodeKind::kText:
      write(node.value);
      break;
    case NodeKind::kPrint:
      for (const NodePtr& kid : node.kids) write(evaluate(*kid));
      break;
    case NodeKind::kIf:
      return if_statement(node);
    case NodeKind::kFor:
      for_loop(node, evaluate(*node.kids[1]), 0);
      break;
    case NodeKind::kSet:
      assign(*node.kids[0], evaluate(*node.kids[1]));
      break;
    case NodeKind::kSetBlock:
    case NodeKind::kFilterBlock: {
      enter();
      Value text = make_text(captured(node.bodies[0]), budget_);
      leave();
      const bool sets = node.kind == NodeKind::kSetBlock;
      const Node* filters = node.kids[sets ? 1 : 0].get();
      if (filters) {
        scope_ = std::make_shared<Scope>(Scope{scope_, {{"\x01input", std::move(text)}}});
        text = evaluate(*filters);
        leave();
      }
      if (sets) {
        assign(*node.kids[0], std::move(text));
      } else {
        if (!text.is_string()) throw TemplateError("a filter block must give a text, got " + text.type_name());
        write(text);
      }
      break;
    }
    case NodeKind::kMacro:
      scope_->names[node.name] = make_macro(node, 0, node.name);
      break;
    case NodeKind::kCallBlock:
      call_block(node);
      break;
    case NodeKind::kWith: {
      std::vector<Value> values;
      for (size_t i = 1; i < node.kids.size(); i += 2) values.push_back(evaluate(*node.kids[i]));
      enter();
      for (size_t i = 0; i < values.size(); ++i) assign(*node.kids[2 * i], values[i]);
      const Flow flow = execute(node.bodies[0]);
      leave();
      return flow;
    }
    case NodeKind::kGroup: {
      enter();
      const Flow flow = execute(node.bodies[0]);
      leave();
      return flow;
    }
    case NodeKind::kBreak:
      return Flow::kBreak;
    case NodeKind::kContinue:
      return Flow::kContinue;
    default:
      throw TemplateError("an expression stands where a statement should");
  }
  return Flow::kNext;
}

Evaluator::Flow Evaluator::if_statement(const Node& node) {
  for (size_t i = 0; i < node.kids.size(); ++i) {
    if (!node.kids[i] || evaluate(*node.kids[i]).truthy()) return execute(node.bodies[i]);
  }
  return Flow::kNext;
}

void Evaluator::assign(const Node& target, Value value) {
  if (target.kind == NodeKind::kName) {
    scope_->names[target.name] = std::move(value);
  } else if (target.kind == NodeKind::kAttribute) {
    const Value object = evaluate(*target.kids[0]);
    if (!object.is_object() || !object.object()->assignable) {
      throw TemplateError("cannot assign attribute on non-namespace object");
    }
    if (target.name.starts_with('_')) throw TemplateError("a namespace name cannot begin with _: " + target.name);
    object.object()->attributes[target.name] = std::move(value);
  } else {
    const auto parts = elements_of(value, budget_);
    if (parts.size() != target.kids.size()) {
      throw TemplateError(fmt::format("expected {} values to unpack, got {}", target.kids.size(), parts.size()));
    }
    for (size_t i = 0; i < parts.size(); ++i) assign(*target.kids[i], parts[i]);
  }
}

std::vector<Value> Evaluator::filtered(const Node& node, const Value& iterable) {
  if (iterable.is_callable() || iterable.is_object())
    throw TemplateError("'" + iterable.type_name() + "' object is not iterable");
  std::vector<Value> items = elements_of(iterable, budget_);
  if (!node.kids[2]) return items;
  std::vector<Value> kept;
  for (Value& item : items) {
    enter();
    assign(*node.kids[0], item);
    if (evaluate(*node.kids[2]).truthy()) kept.push_back(std::move(item));
    leave();
  }
  return kept;
}

Value Evaluator::loop_object(const Node& node, int depth) {
  auto loop = std::make_shared<Object>();
  loop->type = "LoopContext";
  objects_.push_back(loop);
  budget_.bytes(1024);
  auto& fields = loop->attributes;
  fields["depth"] = depth + 1;
  fields["depth0"] = depth;
  const std::weak_ptr<Object> weak = loop;
  fields["cycle"] = builtin("cycle", [weak](Arguments& a) -> Value {
    const auto self = weak.lock();
    if (!self || a.positional.empty()) throw TemplateError("no items for cycling given");
    const auto at = static_cast<size_t>(self->attributes["index0"].integer());
    return a.positional[at % a.positional.size()];
  });
  auto last = std::make_shared<Value>(Value::undefined("\x01none"));
  fields["changed"] = builtin("changed", [this, last, first = true](Arguments& a) mutable -> Value {
    const Value now = make_list(a.positional, budget_, ListKind::kTuple);
    const bool changed = first || !equal(*last, now, budget_);
    first = false;
    *last = now;
    return changed;
  });
  if (node.recursive) {
    fields["\x01recurse"] = builtin("loop", [this, &node, depth](Arguments& a) -> Value {
      if (a.positional.size() != 1) throw TemplateError("loop() expects what to iterate over");
      std::string text;
      std::string* outer = std::exchange(out_, &text);
      for_loop(node, a.positional[0], depth + 1);
      out_ = outer;
      return make_text(std::move(text), budget_);
    });
  }
  return loop;
}

void Evaluator::set_loop(Object& loop, const std::vector<Value>& items, size_t at) {
  const auto n = static_cast<int64_t>(items.size());
  const auto i = static_cast<int64_t>(at);
  auto& fields = loop.attributes;
  fields["index0"] = i;
  fields["index"] = i + 1;
  fields["revindex0"] = n - i - 1;
  fields["revindex"] = n - i;
  fields["length"] = n;
  fields["first"] = at == 0;
  fields["last"] = i + 1 == n;
  fields["previtem"] = at > 0 ? items[at - 1] : Value::undefined("there is no previous item");
  fields["nextitem"] = i + 1 < n ? items[at + 1] : Value::undefined("there is no next item");
}

void Evaluator::for_loop(const Node& node, const Value& iterable, int depth) {
  const std::vector<Value> items = filtered(node, iterable);
  if (items.empty()) {
    enter();
    execute(node.bodies[1]);
    leave();
    return;
  }
  const Value loop = loop_object(node, depth);
  for (size_t i = 0; i < items.size(); ++i) {
    budget_.step();
    set_loop(*loop.object(), items, i);
    enter();
    scope_->names["loop"] = loop;
    assign(*node.kids[0], items[i]);
    const Flow flow = execute(node.bodies[0]);
    leave();
    if (flow == Flow::kBreak) break;
  }
}

// `first_default` is where the defaults begin in node.kids. The macro sees the scope it was defined in, weakly: a
// strong reference would be a cycle.
Value Evaluator::make_macro(const Node& node, size_t first_default, const std::string& name) {
  const std::weak_ptr<Scope> weak = scope_;
  Value macro = builtin(name, [this, &node, first_default, name, weak](Arguments& arguments) {
    auto scope = weak.lock();
    return call_macro(node, first_default, name, scope ? std::move(scope) : root_, arguments);
  });
  macro.callable()->is_macro = true;
  return macro;
}

Value Evaluator::call_macro(const Node& node, size_t first_default, const std::string& name,
                            std::shared_ptr<Scope> scope, Arguments& given) {
  const std::shared_ptr<Scope> caller_scope = std::exchange(scope_, std::move(scope));
  enter();
  auto& names = scope_->names;
  const size_t n_taken = std::min(given.positional.size(), node.names.size());
  for (size_t i = 0; i < n_taken; ++i) names[node.names[i]] = given.positional[i];
  auto more = std::make_shared<Dict>();
  for (const auto& [key, value] : given.named) {
    const auto rest = node.names.begin() + static_cast<std::ptrdiff_t>(n_taken);
    const bool fills = std::find(rest, node.names.end(), key) != node.names.end();
    if (fills || (key == "caller" && node.uses.caller)) {
      names[key] = value;
    } else if (node.uses.kwargs) {
      set_item(*more, Value(key), value, budget_);
    } else {
      throw TemplateError(fmt::format("macro '{}' takes no keyword argument '{}'", name, key));
    }
  }
  if (node.uses.kwargs) names["kwargs"] = more;
  if (node.uses.varargs) {
    const auto rest = given.positional.begin() + static_cast<std::ptrdiff_t>(n_taken);
    names["varargs"] = make_list({rest, given.positional.end()}, budget_, ListKind::kTuple);
  } else if (given.positional.size() > node.names.size()) {
    throw TemplateError(fmt::format("macro '{}' takes not more than {} argument(s)", name, node.names.size()));
  }
  if (node.uses.caller && !names.contains("caller")) names["caller"] = Value::undefined("No caller defined");
  for (size_t i = 0; i < node.names.size(); ++i) {
    if (names.contains(node.names[i])) continue;
    const Node* fallback = node.kids[first_default + i].get();
    Value value = fallback ? evaluate(*fallback)
                           : Value::undefined(fmt::format("parameter '{}' was not provided", node.names[i]));
    scope_->names[node.names[i]] = std::move(value);
  }
  std::string text = captured(node.bodies[0]);
  scope_ = caller_scope;
  return make_text(std::move(text), budget_);
}

void Evaluator::call_block(const Node& node) {
  const Node& call_node = *node.kids[0];
  const Value callee = evaluate(*call_node.kids[0]);
  Arguments given = arguments(call_node, 1);
  given.named.emplace_back("caller", make_macro(node, 1, "caller"));
  if (!callee.is_callable()) throw TemplateError("'" + callee.type_name() + "' object is not callable");
  write(callee.callable()->call(given));
}

}  // namespace hanok::jinja
