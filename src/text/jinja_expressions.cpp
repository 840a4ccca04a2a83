// The parser's half that reads expressions.
#include <algorithm>
#include <charconv>

#include "text/jinja_parser.h"

namespace hanok::jinja {

NodePtr Parser::expression(bool with_condition) {
  const Nesting nesting(*this);
  return with_condition ? condition() : logical_or();
}

bool Parser::at_tuple_end() const {
  return now().kind == TokenKind::kPrintEnd || now().kind == TokenKind::kBlockEnd || is_op(")") || is_name("recursive");
}

// One expression, or several with commas between: a tuple.
NodePtr Parser::tuple(bool with_condition, bool parenthesised) {
  const int line = now().line;
  std::vector<NodePtr> items;
  bool is_tuple = false;
  while (true) {
    if (!items.empty() && !is_tuple) break;
    if (at_tuple_end()) break;
    items.push_back(expression(with_condition));
    if (!skip_op(",")) {
      if (items.size() > 1) is_tuple = true;
      break;
    }
    is_tuple = true;
  }
  if (!is_tuple) {
    if (!items.empty()) return std::move(items.front());
    if (!parenthesised) error("expected an expression");
  }
  NodePtr node = make(NodeKind::kTuple, line);
  node->kids = std::move(items);
  return done(std::move(node));
}

NodePtr Parser::condition() {
  NodePtr then = logical_or();
  while (is_name("if")) {
    NodePtr node = make(NodeKind::kCondition, take().line);
    node->kids.push_back(std::move(then));
    node->kids.push_back(logical_or());
    node->kids.push_back(skip_name("else") ? expression() : nullptr);
    then = done(std::move(node));
  }
  return then;
}

NodePtr Parser::logical_or() {
  NodePtr left = logical_and();
  while (is_name("or")) {
    NodePtr node = make(NodeKind::kBinary, take().line, "or");
    node->kids.push_back(std::move(left));
    node->kids.push_back(logical_and());
    left = done(std::move(node));
  }
  return left;
}

NodePtr Parser::logical_and() {
  NodePtr left = logical_not();
  while (is_name("and")) {
    NodePtr node = make(NodeKind::kBinary, take().line, "and");
    node->kids.push_back(std::move(left));
    node->kids.push_back(logical_not());
    left = done(std::move(node));
  }
  return left;
}

NodePtr Parser::logical_not() {
  if (!is_name("not")) return comparison();
  const Nesting nesting(*this);
  NodePtr node = make(NodeKind::kUnary, take().line, "not");
  node->kids.push_back(logical_not());
  return done(std::move(node));
}

NodePtr Parser::comparison() {
  const int line = now().line;
  NodePtr first = sum();
  NodePtr node;
  while (true) {
    std::string op;
    if (now().kind == TokenKind::kOperator &&
        (is_op("==") || is_op("!=") || is_op("<") || is_op("<=") || is_op(">") || is_op(">="))) {
      op = take().text;
    } else if (skip_name("in")) {
      op = "in";
    } else if (is_name("not") && ahead().kind == TokenKind::kName && ahead().text == "in") {
      take();
      take();
      op = "not in";
    } else {
      break;
    }
    if (!node) {
      node = make(NodeKind::kCompare, line);
      node->kids.push_back(std::move(first));
    }
    node->names.push_back(op);
    node->kids.push_back(sum());
  }
  return node ? done(std::move(node)) : std::move(first);
}

NodePtr Parser::sum() {
  NodePtr left = concat();
  while (is_op("+") || is_op("-")) {
    const Token op = take();
    NodePtr node = make(NodeKind::kBinary, op.line, op.text);
    node->kids.push_back(std::move(left));
    node->kids.push_back(concat());
    left = done(std::move(node));
  }
  return left;
}

NodePtr Parser::concat() {
  const int line = now().line;
  NodePtr first = product();
  if (!is_op("~")) return first;
  NodePtr node = make(NodeKind::kConcat, line);
  node->kids.push_back(std::move(first));
  while (skip_op("~")) node->kids.push_back(product());
  return done(std::move(node));
}

NodePtr Parser::product() {
  NodePtr left = power();
  while (is_op("*") || is_op("/") || is_op("//") || is_op("%")) {
    const Token op = take();
    NodePtr node = make(NodeKind::kBinary, op.line, op.text);
    node->kids.push_back(std::move(left));
    node->kids.push_back(power());
    left = done(std::move(node));
  }
  return left;
}

NodePtr Parser::power() {
  NodePtr left = unary();
  while (is_op("**")) {
    NodePtr node = make(NodeKind::kBinary, take().line, "**");
    node->kids.push_back(std::move(left));
    node->kids.push_back(unary());
    left = done(std::move(node));
  }
  return left;
}

NodePtr Parser::unary(bool with_filter) {
  const Nesting nesting(*this);
  NodePtr node;
  if (is_op("-") || is_op("+")) {
    const Token op = take();
    node = make(NodeKind::kUnary, op.line, op.text);
    node->kids.push_back(unary(false));
    node = done(std::move(node));
  } else {
    node = primary();
  }
  node = postfix(std::move(node));
  return with_filter ? filters(std::move(node)) : std::move(node);
}

namespace {

Value integer_literal(const std::string& digits) {
  int base = 10;
  size_t skip = 0;
  if (digits.size() > 2 && digits[0] == '0' && digits[1] > '9') {
    base = (digits[1] | 0x20) == 'x' ? 16 : (digits[1] | 0x20) == 'o' ? 8 : 2;
    skip = 2;
  }
  int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [at, failure] = std::from_chars(digits.data() + skip, end, number, base);
  if (failure != std::errc() || at != end) throw TemplateError("a number cannot be read: " + digits);
  return number;
}

Value float_literal(const std::string& digits) {
  double number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

NodePtr Parser::primary() {
  const Token token = now();
  NodePtr node = make(NodeKind::kLiteral, token.line);
  if (token.kind == TokenKind::kName) {
    take();
    if (token.text == "true" || token.text == "True") {
      node->value = Value(true);
    } else if (token.text == "false" || token.text == "False") {
      node->value = Value(false);
    } else if (token.text == "none" || token.text == "None") {
      node->value = None{};
    } else {
      node->kind = NodeKind::kName;
      node->name = token.text;
    }
  } else if (token.kind == TokenKind::kString) {
    std::string text;
    while (now().kind == TokenKind::kString) text += take().text;
    node->value = Value(std::move(text));
  } else if (token.kind == TokenKind::kInteger) {
    node->value = integer_literal(take().text);
  } else if (token.kind == TokenKind::kFloat) {
    node->value = float_literal(take().text);
  } else if (skip_op("(")) {
    node = tuple(true, true);
    expect_op(")");
  } else if (skip_op("[")) {
    node->kind = NodeKind::kList;
    while (!is_op("]")) {
      if (!node->kids.empty()) expect_op(",");
      if (is_op("]")) break;
      node->kids.push_back(expression());
    }
    expect_op("]");
  } else if (is_op("{")) {
    return dict();
  } else {
    error(token.kind == TokenKind::kEnd ? "unexpected end of the template" : "unexpected '" + token.text + "'");
  }
  return done(std::move(node));
}

NodePtr Parser::dict() {
  NodePtr node = make(NodeKind::kDict, now().line);
  expect_op("{");
  while (!is_op("}")) {
    if (!node->kids.empty()) expect_op(",");
    if (is_op("}")) break;
    node->kids.push_back(expression());
    expect_op(":");
    node->kids.push_back(expression());
  }
  expect_op("}");
  return done(std::move(node));
}

NodePtr Parser::postfix(NodePtr node) {
  while (true) {
    const int line = now().line;
    if (skip_op(".")) {
      NodePtr outer = make(NodeKind::kAttribute, line);
      outer->kids.push_back(std::move(node));
      if (now().kind == TokenKind::kInteger) {
        outer->kind = NodeKind::kItem;
        NodePtr key = make(NodeKind::kLiteral, line);
        key->value = integer_literal(take().text);
        outer->kids.push_back(std::move(key));
      } else {
        outer->name = any_name();
      }
      node = done(std::move(outer));
    } else if (is_op("[")) {
      node = subscript(std::move(node));
    } else if (is_op("(")) {
      NodePtr call = make(NodeKind::kCall, line);
      call->kids.push_back(std::move(node));
      arguments(*call);
      node = done(std::move(call));
    } else {
      return node;
    }
  }
}

NodePtr Parser::subscript(NodePtr object) {
  NodePtr node = make(NodeKind::kItem, now().line);
  node->kids.push_back(std::move(object));
  expect_op("[");
  const auto part = [&]() -> NodePtr { return is_op(":") || is_op("]") ? nullptr : expression(); };
  NodePtr first = part();
  if (!is_op(":")) {
    if (!first) error("expected an index");
    if (is_op(",")) error("an index of several parts is not supported");
    node->kids.push_back(std::move(first));
    expect_op("]");
    return done(std::move(node));
  }
  node->kind = NodeKind::kSlice;
  node->kids.push_back(std::move(first));
  for (int i = 0; i < 2; ++i) node->kids.push_back(skip_op(":") ? part() : nullptr);
  expect_op("]");
  return done(std::move(node));
}

void Parser::arguments(Node& call) {
  expect_op("(");
  bool first = true;
  while (!is_op(")")) {
    if (!first) expect_op(",");
    first = false;
    if (is_op(")")) break;
    if (is_op("*") || is_op("**")) {
      const std::string spread = take().text;
      const bool twice =
          std::any_of(call.named.begin(), call.named.end(), [&](const auto& n) { return n.first == spread; });
      const bool after = !call.named.empty() && call.named.back().first == "**";
      if (twice || after) error("invalid syntax for function call expression");
      call.named.emplace_back(spread, expression());
      continue;
    }
    const bool named = now().kind == TokenKind::kName && ahead().kind == TokenKind::kOperator && ahead().text == "=";
    if (named) {
      std::string name = take().text;
      take();
      call.named.emplace_back(std::move(name), expression());
    } else {
      if (!call.named.empty()) error("a positional argument after a named one");
      call.kids.push_back(expression());
    }
  }
  expect_op(")");
}

NodePtr Parser::filters(NodePtr node, bool start_inline) {
  while (true) {
    if (start_inline || skip_op("|")) {
      start_inline = false;
      node = filter(std::move(node));
    } else if (node && is_name("is")) {
      node = test(std::move(node));
    } else if (node && is_op("(")) {
      node = postfix(std::move(node));
    } else {
      return node;
    }
  }
}

NodePtr Parser::filter(NodePtr input) {
  NodePtr node = make(NodeKind::kFilter, now().line, any_name());
  while (skip_op(".")) node->name += "." + any_name();
  node->kids.push_back(std::move(input));
  if (is_op("(")) arguments(*node);
  return done(std::move(node));
}

NodePtr Parser::test(NodePtr input) {
  const int line = take().line;
  const bool negated = skip_name("not");
  NodePtr node = make(NodeKind::kTest, line, any_name());
  while (skip_op(".")) node->name += "." + any_name();
  node->kids.push_back(std::move(input));
  const bool name_follows = now().kind == TokenKind::kName && !is_name("else") && !is_name("or") && !is_name("and");
  if (is_op("(")) {
    arguments(*node);
  } else if (name_follows || now().kind == TokenKind::kString || now().kind == TokenKind::kInteger ||
             now().kind == TokenKind::kFloat || is_op("[") || is_op("{")) {
    if (is_name("is")) error("tests cannot be chained");
    node->kids.push_back(postfix(primary()));
  }
  node = done(std::move(node));
  if (!negated) return node;
  NodePtr outer = make(NodeKind::kUnary, line, "not");
  outer->kids.push_back(std::move(node));
  return done(std::move(outer));
}

}  // namespace hanok::jinja
