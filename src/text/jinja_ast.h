// The tree a chat template is parsed into.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "text/jinja_value.h"

namespace hanok::jinja {

struct Node;
using NodePtr = std::unique_ptr<Node>;

// Expressions first, statements after kText. What `kids` and `name` hold is said behind each.
enum class NodeKind {
  kLiteral,      // value
  kName,         // name
  kList,         // kids: items
  kTuple,        // kids: items
  kDict,         // kids: key, value, key, value, …
  kAttribute,    // kids: object; name
  kItem,         // kids: object, key
  kSlice,        // kids: object, begin?, end?, step? (null where left out)
  kCall,         // kids: callee, arguments…; named ("*" and "**" for what is spread)
  kFilter,       // kids: input (null in a filter block), arguments…; named; name
  kTest,         // kids: input, arguments…; named; name
  kUnary,        // kids: operand; name: "-", "+", "not"
  kBinary,       // kids: left, right; name: the operator
  kConcat,       // kids: parts
  kCompare,      // kids: operands; names: the operators between them
  kCondition,    // kids: then, test, else (null where left out)
  kText,         // value
  kPrint,        // kids: expressions
  kIf,           // kids: tests (null for else); bodies: one for each
  kFor,          // kids: target, iterable, filter (may be null); bodies: body, else; recursive
  kSet,          // kids: target, value
  kSetBlock,     // kids: target, filter (may be null); bodies: body
  kMacro,        // name; names: parameters; kids: defaults (null where none); bodies: body; uses
  kCallBlock,    // kids: call; names: parameters, defaults after it in kids; bodies: body; uses
  kFilterBlock,  // kids: filter; bodies: body
  kWith,         // kids: target, value, target, value, …; bodies: body
  kGroup,        // bodies: body (block, generation, autoescape)
  kBreak,
  kContinue
};

// Which of the special names a macro's body reads: only then may it be given what they hold.
struct MacroUses {
  bool varargs = false, kwargs = false, caller = false;
};

struct Node {
  NodeKind kind = NodeKind::kLiteral;
  int line = 0;
  int depth = 1;
  Value value;
  std::string name;
  bool recursive = false;
  MacroUses uses;
  std::vector<NodePtr> kids;
  std::vector<std::pair<std::string, NodePtr>> named;
  std::vector<std::string> names;
  std::vector<std::vector<NodePtr>> bodies;
};

using Body = std::vector<NodePtr>;

// Parses a template; throws TemplateError with the line.
Body parse_template(std::string_view source);

}  // namespace hanok::jinja
