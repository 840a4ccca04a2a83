// Walks a template's expressions.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "text/jinja_eval.h"
#include "text/jinja_text.h"

namespace hanok::jinja {
namespace {

constexpr int kMaxDepth = 1500;

[[noreturn]] void bad_operands(const std::string& op, const Value& a, const Value& b) {
  if (a.is_undefined()) a.fail_undefined();
  if (b.is_undefined()) b.fail_undefined();
  throw TemplateError(fmt::format("unsupported operand types for {}: '{}' and '{}'", op, a.type_name(), b.type_name()));
}

int64_t checked(bool overflow, const int64_t& result) {
  if (overflow) throw TemplateError("a number is too large", ErrorKind::kLimit);
  return result;
}

Value power(const Value& a, const Value& b) {
  if (!a.is_integral() || !b.is_integral() || b.integer() < 0) {
    if (a.number() == 0 && b.number() < 0) throw TemplateError("0.0 cannot be raised to a negative power");
    const double result = std::pow(a.number(), b.number());
    if (std::isnan(result) && !std::isnan(a.number())) throw TemplateError("a power that is not a real number");
    if (std::isinf(result) && std::isfinite(a.number()))
      throw TemplateError("a number is too large", ErrorKind::kLimit);
    return result;
  }
  int64_t result = 1;
  int64_t base = a.integer();
  for (int64_t n = b.integer(); n > 0; n >>= 1) {
    if (n & 1) result = checked(__builtin_mul_overflow(result, base, &result), result);
    if (n > 1) base = checked(__builtin_mul_overflow(base, base, &base), base);
  }
  return result;
}

Value integer_operation(char op, bool doubled, int64_t a, int64_t b) {
  int64_t r = 0;
  if (op == '+') return checked(__builtin_add_overflow(a, b, &r), r);
  if (op == '-') return checked(__builtin_sub_overflow(a, b, &r), r);
  if (op == '*') return checked(__builtin_mul_overflow(a, b, &r), r);
  if (b == 0) throw TemplateError(op == '%' ? "integer modulo by zero" : "division by zero");
  if (op == '/' && !doubled) return static_cast<double>(a) / static_cast<double>(b);
  if (b == -1) return op == '%' ? Value(0) : Value(checked(a == INT64_MIN, a == INT64_MIN ? 0 : -a));
  const bool uneven = a % b != 0 && ((a < 0) != (b < 0));
  return op == '%' ? a % b + (uneven ? b : 0) : a / b - (uneven ? 1 : 0);
}

Value float_operation(char op, bool doubled, double a, double b) {
  if (op == '+') return a + b;
  if (op == '-') return a - b;
  if (op == '*') return a * b;
  if (b == 0) throw TemplateError("float division by zero");
  if (op == '/' && !doubled) return a / b;
  // Python's divmod: the quotient belongs to the exact remainder, not to the rounded division.
  double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0 && (rest < 0) != (b < 0)) {
    rest += b;
    quotient -= 1;
  }
  return op == '%' ? std::copysign(rest, rest == 0 ? b : rest) : std::nearbyint(quotient);
}

Value repeat(const Value& what, int64_t times, Budget& budget) {
  const auto n = static_cast<size_t>(std::max<int64_t>(times, 0));
  if (what.is_string()) {
    const size_t length = what.str().size();
    if (length > 0 && n > static_cast<size_t>(Budget::kMaxBytes) / length) budget.bytes(Budget::kMaxBytes + 1);
    std::string text;
    budget.bytes(static_cast<int64_t>(n * length));
    if (length > 0) {
      for (size_t i = 0; i < n; ++i) text += what.str();
    }
    return Value(std::move(text), what.markup());
  }
  const auto& items = what.list()->items;
  if (!items.empty() && n > static_cast<size_t>(Budget::kMaxBytes) / sizeof(Value) / items.size()) {
    budget.bytes(Budget::kMaxBytes + 1);
  }
  std::vector<Value> repeated;
  if (!items.empty()) {
    budget.bytes(static_cast<int64_t>(n * items.size() * sizeof(Value)));
    for (size_t i = 0; i < n; ++i) repeated.insert(repeated.end(), items.begin(), items.end());
  }
  return make_list(std::move(repeated), budget, what.list()->kind);
}

Value add_texts(const Value& a, const Value& b, Budget& budget) {
  const bool markup = a.markup() || b.markup();
  const auto part = [&](const Value& v) { return markup && !v.markup() ? escape_html(v.str()) : v.str(); };
  return make_text(part(a) + part(b), budget, markup);
}

// The begin, end and step of a slice over n elements, as Python's slice.indices.
struct SliceRange {
  int64_t begin, end, step;
};
SliceRange slice_range(const Value& begin, const Value& end, const Value& step_value, int64_t n) {
  const auto given = [](const Value& v) { return !v.is_none() && !v.is_undefined(); };
  const int64_t step = given(step_value) ? to_index(step_value) : 1;
  if (step == 0) throw TemplateError("slice step cannot be zero");
  const int64_t low = step > 0 ? 0 : -1;
  const int64_t high = step > 0 ? n : n - 1;
  const auto place = [&](const Value& v, int64_t fallback) {
    if (!given(v)) return fallback;
    int64_t at = to_index(v);
    if (at < 0) at = at < -n ? low : at + n;
    return std::clamp(at, low, high);
  };
  return {place(begin, step > 0 ? low : high), place(end, step > 0 ? high : low), step};
}

}  // namespace

int64_t to_index(const Value& value) {
  if (value.is_undefined()) value.fail_undefined();
  if (!value.is_integral()) {
    throw TemplateError("'" + value.type_name() + "' object cannot be interpreted as an integer");
  }
  return value.integer();
}

Value Evaluator::evaluate(const Node& node) {
  budget_.step();
  if (++depth_ > kMaxDepth) throw TemplateError("calls are nested too deep", ErrorKind::kLimit, node.line);
  Value value = evaluate_kind(node);
  --depth_;
  return value;
}

Value Evaluator::evaluate_kind(const Node& node) {
  switch (node.kind) {
    case NodeKind::kLiteral:
      return node.value;
    case NodeKind::kName:
      return name(node);
    case NodeKind::kList:
      return list(node, false);
    case NodeKind::kTuple:
      return list(node, true);
    case NodeKind::kDict:
      return dict(node);
    case NodeKind::kAttribute:
      return attribute(evaluate(*node.kids[0]), node.name);
    case NodeKind::kItem: {
      const Value object = evaluate(*node.kids[0]);
      return item(object, evaluate(*node.kids[1]));
    }
    case NodeKind::kSlice:
      return slice(node);
    case NodeKind::kCall:
      return call(node);
    case NodeKind::kFilter: {
      const Value* captured_text = node.kids[0] ? nullptr : scope_->find("\x01input");
      const Value input = node.kids[0] ? evaluate(*node.kids[0]) : captured_text ? *captured_text : Value();
      Arguments given = arguments(node, 1);
      return filter(node.name, input, given);
    }
    case NodeKind::kTest: {
      const Value input = evaluate(*node.kids[0]);
      return test(node.name, input, arguments(node, 1).positional);
    }
    case NodeKind::kUnary:
      return unary(node);
    case NodeKind::kBinary:
      return binary_node(node);
    case NodeKind::kConcat:
      return concat(node);
    case NodeKind::kCompare:
      return comparison(node);
    case NodeKind::kCondition:
      if (evaluate(*node.kids[1]).truthy()) return evaluate(*node.kids[0]);
      if (node.kids[2]) return evaluate(*node.kids[2]);
      return Value::undefined("the inline if-expression evaluated to false and no else section was defined");
    default:
      throw TemplateError("a statement stands where an expression should");
  }
}

Value Evaluator::name(const Node& node) {
  const Value* found = scope_->find(node.name);
  return found ? *found : Value::undefined_name(node.name);
}

Value Evaluator::list(const Node& node, bool tuple) {
  std::vector<Value> items;
  for (const NodePtr& kid : node.kids) items.push_back(evaluate(*kid));
  return make_list(std::move(items), budget_, tuple ? ListKind::kTuple : ListKind::kList);
}

Value Evaluator::dict(const Node& node) {
  auto dict = std::make_shared<Dict>();
  for (size_t i = 0; i + 1 < node.kids.size(); i += 2) {
    const Value key = evaluate(*node.kids[i]);
    set_item(*dict, key, evaluate(*node.kids[i + 1]), budget_);
  }
  return dict;
}

Value Evaluator::attribute(const Value& object, const std::string& name) {
  if (object.is_undefined()) object.fail_undefined();
  if (object.is_object()) {
    const auto found = object.object()->attributes.find(name);
    if (found != object.object()->attributes.end() && name.front() != '\x01') return found->second;
  } else if (object.is_callable()) {
    if (name == "name" && object.callable()->is_macro) return Value(object.callable()->name);
  } else {
    Value method = method_of(object, name, budget_);
    if (!method.is_undefined()) return method;
  }
  if (object.is_dict()) {
    if (const Value* found = object.dict()->find(std::string_view(name))) return *found;
  }
  return Value::undefined(fmt::format("'{} object' has no attribute '{}'", object.type_name(), name));
}

Value Evaluator::item(const Value& object, const Value& key) {
  if (object.is_undefined()) object.fail_undefined();
  if (object.is_dict()) {
    const bool hashable = !(key.is_dict() || (key.is_list() && !key.is_tuple()) || key.is_undefined());
    if (const Value* found = hashable ? object.dict()->find(key) : nullptr) return *found;
  } else if (object.is_sequence() && key.is_integral()) {
    int64_t at = key.integer();
    if (object.is_list()) {
      const auto n = static_cast<int64_t>(object.list()->items.size());
      at = at < 0 ? at + n : at;
      if (at >= 0 && at < n) return object.list()->items[static_cast<size_t>(at)];
    } else {
      const auto offsets = code_point_offsets(object.str());
      budget_.step(static_cast<int64_t>(offsets.size() / 64));
      const auto n = static_cast<int64_t>(offsets.size()) - 1;
      at = at < 0 ? at + n : at;
      if (at >= 0 && at < n) {
        const auto i = static_cast<size_t>(at);
        return make_text(object.str().substr(offsets[i], offsets[i + 1] - offsets[i]), budget_);
      }
    }
  }
  if (key.is_string()) {
    const std::string& name = key.str();
    if (object.is_object()) return attribute(object, name);
    Value method = method_of(object, name, budget_);
    if (!method.is_undefined()) return method;
    return Value::undefined(fmt::format("'{} object' has no attribute '{}'", object.type_name(), name));
  }
  return Value::undefined(fmt::format("{} object has no element {}", object.type_name(), to_repr(key, budget_)));
}

Value Evaluator::slice(const Node& node) {
  const Value object = evaluate(*node.kids[0]);
  Value parts[3] = {None{}, None{}, None{}};
  for (size_t i = 0; i < 3; ++i) {
    if (node.kids[i + 1]) parts[i] = evaluate(*node.kids[i + 1]);
  }
  if (object.is_undefined()) object.fail_undefined();
  if (!object.is_sequence()) throw TemplateError("'" + object.type_name() + "' object cannot be sliced");
  const auto offsets = object.is_string() ? code_point_offsets(object.str()) : std::vector<size_t>();
  const int64_t n = object.is_string() ? static_cast<int64_t>(offsets.size()) - 1 : length_of(object);
  budget_.step(n / 64);
  const SliceRange range = slice_range(parts[0], parts[1], parts[2], n);
  std::vector<Value> items;
  std::string text;
  for (int64_t at = range.begin; range.step > 0 ? at < range.end : at > range.end; at += range.step) {
    const auto i = static_cast<size_t>(at);
    if (object.is_string()) {
      text.append(object.str(), offsets[i], offsets[i + 1] - offsets[i]);
    } else {
      items.push_back(object.list()->items[i]);
    }
    if (range.step > n || range.step < -n) break;
  }
  if (object.is_string()) return make_text(std::move(text), budget_, object.markup());
  Value part = make_list(std::move(items), budget_, object.list()->kind);
  if (const List& whole = *object.list(); whole.kind == ListKind::kRange) {
    part.list()->first = whole.first + range.begin * whole.step;
    part.list()->end = whole.first + range.end * whole.step;
    int64_t step = 0;
    part.list()->step = checked(__builtin_mul_overflow(range.step, whole.step, &step), step);
  }
  return part;
}

Arguments Evaluator::arguments(const Node& node, size_t first) {
  Arguments given;
  for (size_t i = first; i < node.kids.size(); ++i) given.positional.push_back(evaluate(*node.kids[i]));
  for (const auto& [key, kid] : node.named) {
    Value value = evaluate(*kid);
    if (key == "*") {
      for (Value& item : elements_of(value, budget_)) given.positional.push_back(std::move(item));
    } else if (key == "**") {
      if (!value.is_dict()) throw TemplateError("argument after ** must be a mapping, not " + value.type_name());
      for (const auto& [name, item] : value.dict()->entries) {
        if (!name.is_string()) throw TemplateError("keywords must be strings");
        const bool twice = std::any_of(given.named.begin(), given.named.end(),
                                       [&, &word = name](const auto& n) { return n.first == word.str(); });
        if (twice) throw TemplateError("got multiple values for keyword argument '" + name.str() + "'");
        given.named.emplace_back(name.str(), item);
      }
    } else {
      given.named.emplace_back(key, std::move(value));
    }
  }
  return given;
}

Value Evaluator::call(const Node& node) {
  const Value callee = evaluate(*node.kids[0]);
  if (callee.is_undefined()) callee.fail_undefined();
  Arguments given = arguments(node, 1);
  if (callee.is_callable()) return callee.callable()->call(given);
  if (callee.is_object()) {
    const auto found = callee.object()->attributes.find("\x01recurse");
    if (found != callee.object()->attributes.end()) {
      const auto recurse = found->second.callable();
      return recurse->call(given);
    }
  }
  throw TemplateError("'" + callee.type_name() + "' object is not callable");
}

Value Evaluator::unary(const Node& node) {
  const Value operand = evaluate(*node.kids[0]);
  if (node.name == "not") return !operand.truthy();
  if (operand.is_undefined()) operand.fail_undefined();
  if (!operand.is_number())
    throw TemplateError("bad operand type for unary " + node.name + ": '" + operand.type_name() + "'");
  if (operand.is_float()) return node.name == "-" ? -operand.number() : operand.number();
  if (node.name == "+") return operand.integer();
  return integer_operation('-', false, 0, operand.integer());
}

Value Evaluator::binary_node(const Node& node) {
  Value left = evaluate(*node.kids[0]);
  if (node.name == "and") return left.truthy() ? evaluate(*node.kids[1]) : left;
  if (node.name == "or") return left.truthy() ? left : evaluate(*node.kids[1]);
  return binary(node.name, left, evaluate(*node.kids[1]));
}

Value Evaluator::binary(const std::string& op, const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (op == "**") return power(a, b);
    if (a.is_integral() && b.is_integral()) return integer_operation(op[0], op.size() > 1, a.integer(), b.integer());
    return float_operation(op[0], op.size() > 1, a.number(), b.number());
  }
  if (op == "%" && a.is_string()) return make_text(format_percent(a.str(), b, budget_), budget_, a.markup());
  if (op == "+" && a.is_string() && b.is_string()) return add_texts(a, b, budget_);
  const auto plain = [](const Value& v) { return v.is_list(ListKind::kList) || v.is_tuple(); };
  if (op == "+" && plain(a) && plain(b) && a.list()->kind == b.list()->kind) {
    std::vector<Value> items = elements_of(a, budget_);
    items.insert(items.end(), b.list()->items.begin(), b.list()->items.end());
    return make_list(std::move(items), budget_, a.list()->kind);
  }
  if (op == "*" && (a.is_string() || plain(a)) && b.is_integral()) return repeat(a, b.integer(), budget_);
  if (op == "*" && (b.is_string() || plain(b)) && a.is_integral()) return repeat(b, a.integer(), budget_);
  bad_operands(op, a, b);
}

Value Evaluator::concat(const Node& node) {
  std::string text;
  for (const NodePtr& kid : node.kids) text += to_text(evaluate(*kid), budget_);
  return make_text(std::move(text), budget_);
}

bool Evaluator::compare_with(const std::string& op, const Value& a, const Value& b) {
  if (op == "==") return equal(a, b, budget_);
  if (op == "!=") return !equal(a, b, budget_);
  if (op == "in") return contains(b, a, budget_);
  if (op == "not in") return !contains(b, a, budget_);
  if (op == "<") return compare(a, b, budget_) < 0;
  if (op == "<=") return compare(a, b, budget_) <= 0;
  return op == ">" ? compare(a, b, budget_) > 0 : compare(a, b, budget_) >= 0;
}

Value Evaluator::comparison(const Node& node) {
  Value left = evaluate(*node.kids[0]);
  for (size_t i = 0; i < node.names.size(); ++i) {
    Value right = evaluate(*node.kids[i + 1]);
    if (!compare_with(node.names[i], left, right)) return false;
    left = std::move(right);
  }
  return true;
}

}  // namespace hanok::jinja
