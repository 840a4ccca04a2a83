// The tests behind `is`, with Jinja2's meaning.
#include <unordered_set>

#include <fmt/format.h>

#include "text/jinja_filters.h"
#include "text/jinja_text.h"

namespace hanok::jinja {
namespace {

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

const std::unordered_set<std::string> kNames = {"boolean", "callable", "defined", "divisibleby", "escaped",  "even",
                                                "false",   "filter",   "float",   "integer",     "iterable", "lower",
                                                "mapping", "none",     "number",  "odd",         "sameas",   "sequence",
                                                "string",  "test",     "true",    "undefined",   "upper"};

}  // namespace

bool Evaluator::test(const std::string& name, const Value& v, const std::vector<Value>& a) {
  const auto argument = [&]() -> const Value& {
    if (a.empty()) throw TemplateError("test '" + name + "' expects an argument");
    return a[0];
  };
  const bool takes_argument = !comparing(name).empty() || name == "divisibleby" || name == "sameas";
  if (a.size() > (takes_argument ? 1u : 0u) && kNames.contains(name)) {
    throw TemplateError("test '" + name + "' got too many arguments");
  }
  if (const std::string op = comparing(name); !op.empty()) return compare_with(op, v, argument());
  if (name == "defined") return !v.is_undefined();
  if (name == "undefined") return v.is_undefined();
  if (name == "none") return v.is_none();
  if (name == "string") return v.is_string();
  if (name == "mapping") return v.is_dict();
  if (name == "iterable") return iterable(v);
  if (name == "sequence") return v.is_undefined() || v.is_sequence() || v.is_dict();
  if (name == "number") return v.is_number();
  if (name == "integer") return v.is_int();
  if (name == "float") return v.is_float();
  if (name == "boolean") return v.is_bool();
  if (name == "true") return v.is_bool() && v.truthy();
  if (name == "false") return v.is_bool() && !v.truthy();
  if (name == "callable") return v.is_callable();
  if (name == "odd" || name == "even") return binary("%", v, Value(2)).number() == (name == "odd" ? 1 : 0);
  if (name == "divisibleby") return binary("%", v, argument()).number() == 0;
  if (name == "lower") return has_only_case(to_text(v, budget_), Case::kLower);
  if (name == "upper") return has_only_case(to_text(v, budget_), Case::kUpper);
  if (name == "escaped") return v.markup();
  if (name == "sameas") return v.data().index() == argument().data().index() && equal(v, argument(), budget_);
  if (name == "filter") return v.is_string() && is_filter(v.str());
  if (name == "test") return v.is_string() && (!comparing(v.str()).empty() || kNames.contains(v.str()));
  throw TemplateError("no test named '" + name + "'", ErrorKind::kUnsupported);
}

}  // namespace hanok::jinja
