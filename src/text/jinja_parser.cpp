// The parser's half that reads statements.
#include "text/jinja_parser.h"

#include <algorithm>

namespace hanok::jinja {
namespace {

// Deep enough for any real template, shallow enough for the stack of whoever walks the tree.
constexpr int kMaxDepth = 150;

}  // namespace

Nesting::Nesting(Parser& parser_) : parser(parser_) {
  if (++parser.nesting_ > kMaxDepth) parser.error("the template is nested too deep");
}

void Parser::error(const std::string& message) const {
  throw TemplateError(message, ErrorKind::kInvalidInput, now().line);
}

bool Parser::skip_op(std::string_view op) {
  if (!is_op(op)) return false;
  take();
  return true;
}

bool Parser::skip_name(std::string_view name) {
  if (!is_name(name)) return false;
  take();
  return true;
}

void Parser::expect_op(std::string_view op) {
  if (!skip_op(op)) error("expected '" + std::string(op) + "', got '" + now().text + "'");
}

void Parser::expect_name(std::string_view name) {
  if (!skip_name(name)) error("expected '" + std::string(name) + "', got '" + now().text + "'");
}

std::string Parser::any_name() {
  if (now().kind != TokenKind::kName) error("expected a name, got '" + now().text + "'");
  return take().text;
}

void Parser::block_end() {
  if (now().kind != TokenKind::kBlockEnd) error("expected '%}', got '" + now().text + "'");
  take();
}

NodePtr Parser::make(NodeKind kind, int line, std::string name) const {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->line = line;
  node->name = std::move(name);
  return node;
}

NodePtr Parser::done(NodePtr node) const {
  const auto deepen = [&](const NodePtr& kid) {
    if (kid) node->depth = std::max(node->depth, kid->depth + 1);
  };
  for (const NodePtr& kid : node->kids) deepen(kid);
  for (const auto& [name, kid] : node->named) deepen(kid);
  for (const Body& body : node->bodies) {
    for (const NodePtr& kid : body) deepen(kid);
  }
  if (node->depth > kMaxDepth) {
    throw TemplateError("the template is nested too deep", ErrorKind::kInvalidInput, node->line);
  }
  return node;
}

Body Parser::statements(std::initializer_list<std::string_view> ends) {
  const Nesting nesting(*this);
  Body body;
  while (now().kind != TokenKind::kEnd) {
    const int line = now().line;
    if (now().kind == TokenKind::kText) {
      body.push_back(make(NodeKind::kText, line));
      body.back()->value = Value(take().text);
    } else if (now().kind == TokenKind::kPrintBegin) {
      body.push_back(print());
    } else {
      take();
      if (std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return is_name(end); })) return body;
      body.push_back(statement());
    }
  }
  if (ends.size() > 0) error("expected {% " + std::string(*std::prev(ends.end())) + " %} before the template's end");
  return body;
}

Body Parser::body(std::string_view end) {
  block_end();
  Body inner = statements({end});
  take();
  return inner;
}

NodePtr Parser::print() {
  NodePtr node = make(NodeKind::kPrint, take().line);
  node->kids.push_back(tuple(true));
  if (now().kind != TokenKind::kPrintEnd) error("expected '}}', got '" + now().text + "'");
  take();
  return done(std::move(node));
}

NodePtr Parser::statement() {
  const int line = now().line;
  const std::string tag = any_name();
  NodePtr node;
  if (tag == "if") {
    node = if_statement();
  } else if (tag == "for") {
    node = for_statement();
  } else if (tag == "set") {
    node = set_statement();
  } else if (tag == "macro") {
    node = macro_statement();
  } else if (tag == "call") {
    node = call_block();
  } else if (tag == "filter") {
    node = filter_block();
  } else if (tag == "with") {
    node = with_statement();
  } else if (tag == "generation") {
    node = group("endgeneration");
  } else if (tag == "block") {
    any_name();
    skip_name("scoped");
    node = group("endblock");
    if (now().kind == TokenKind::kName) take();
  } else if (tag == "print") {
    node = make(NodeKind::kPrint, line);
    node->kids.push_back(tuple(true));
  } else if (tag == "break" || tag == "continue") {
    if (loops_ == 0) error(tag + " outside of a loop");
    node = make(tag == "break" ? NodeKind::kBreak : NodeKind::kContinue, line);
  } else {
    throw TemplateError("unknown tag '" + tag + "'", ErrorKind::kUnsupported, line);
  }
  block_end();
  node->line = line;
  return done(std::move(node));
}

NodePtr Parser::if_statement() {
  NodePtr node = make(NodeKind::kIf, now().line);
  node->kids.push_back(tuple(false));
  while (true) {
    block_end();
    node->bodies.push_back(statements({"elif", "else", "endif"}));
    const std::string tag = take().text;
    if (tag == "elif") {
      node->kids.push_back(tuple(false));
    } else if (tag == "else") {
      node->kids.push_back(nullptr);
      node->bodies.push_back(body("endif"));
      return node;
    } else {
      return node;
    }
  }
}

// A name, several names, or (where allowed) an attribute of a namespace.
NodePtr Parser::target(bool allow_attribute, bool with_tuple) {
  const Nesting nesting(*this);
  const int line = now().line;
  std::vector<NodePtr> names;
  bool is_tuple = false;
  do {
    if (!names.empty() && now().kind != TokenKind::kName && !is_op("(")) break;
    if (skip_op("(")) {
      names.push_back(target(false));
      expect_op(")");
    } else {
      names.push_back(make(NodeKind::kName, line, any_name()));
    }
    if (allow_attribute && names.size() == 1 && skip_op(".")) {
      NodePtr attribute = make(NodeKind::kAttribute, line, any_name());
      attribute->kids.push_back(std::move(names.front()));
      return done(std::move(attribute));
    }
    is_tuple = is_tuple || (with_tuple && is_op(","));
  } while (with_tuple && skip_op(","));
  if (!is_tuple) return std::move(names.front());
  NodePtr node = make(NodeKind::kTuple, line);
  node->kids = std::move(names);
  return done(std::move(node));
}

NodePtr Parser::for_statement() {
  NodePtr node = make(NodeKind::kFor, now().line);
  node->kids.push_back(target(false));
  expect_name("in");
  node->kids.push_back(tuple(false));
  node->kids.push_back(skip_name("if") ? expression() : nullptr);
  node->recursive = skip_name("recursive");
  block_end();
  ++loops_;
  node->bodies.push_back(statements({"else", "endfor"}));
  --loops_;
  node->bodies.emplace_back();
  if (take().text == "else") node->bodies.back() = body("endfor");
  return node;
}

NodePtr Parser::set_statement() {
  const int line = now().line;
  NodePtr left = target(true);
  if (skip_op("=")) {
    NodePtr node = make(NodeKind::kSet, line);
    node->kids.push_back(std::move(left));
    node->kids.push_back(tuple(true));
    return node;
  }
  NodePtr node = make(NodeKind::kSetBlock, line);
  node->kids.push_back(std::move(left));
  node->kids.push_back(filters(nullptr));
  node->bodies.push_back(body("endset"));
  return node;
}

// "(a, b=1)": names and, behind what `kids` holds already, one default (or null) for each.
void Parser::signature(Node& node) {
  expect_op("(");
  bool seen_default = false;
  while (!is_op(")")) {
    if (!node.names.empty()) expect_op(",");
    node.names.push_back(any_name());
    if (skip_op("=")) {
      node.kids.push_back(expression());
      seen_default = true;
    } else {
      if (seen_default) error("a parameter without default after one with default");
      node.kids.push_back(nullptr);
    }
  }
  expect_op(")");
}

void Parser::macro_body(Node& node, std::string_view end) {
  const int loops = std::exchange(loops_, 0);
  const size_t begin = at_;
  node.bodies.push_back(body(end));
  loops_ = loops;
  for (size_t i = begin; i < at_; ++i) {
    if (tokens_[i].kind != TokenKind::kName || (i > 0 && tokens_[i - 1].text == ".")) continue;
    node.uses.varargs |= tokens_[i].text == "varargs";
    node.uses.kwargs |= tokens_[i].text == "kwargs";
    node.uses.caller |= tokens_[i].text == "caller";
  }
}

NodePtr Parser::macro_statement() {
  NodePtr node = make(NodeKind::kMacro, now().line, any_name());
  signature(*node);
  macro_body(*node, "endmacro");
  return node;
}

NodePtr Parser::call_block() {
  NodePtr node = make(NodeKind::kCallBlock, now().line);
  node->kids.push_back(nullptr);
  if (is_op("(")) signature(*node);
  node->kids.front() = expression();
  if (node->kids.front()->kind != NodeKind::kCall) error("expected a call");
  macro_body(*node, "endcall");
  return node;
}

NodePtr Parser::filter_block() {
  NodePtr node = make(NodeKind::kFilterBlock, now().line);
  node->kids.push_back(filters(nullptr, true));
  node->bodies.push_back(body("endfilter"));
  return node;
}

NodePtr Parser::with_statement() {
  NodePtr node = make(NodeKind::kWith, now().line);
  while (now().kind != TokenKind::kBlockEnd) {
    if (!node->kids.empty()) expect_op(",");
    node->kids.push_back(target(false, false));
    expect_op("=");
    node->kids.push_back(expression());
  }
  node->bodies.push_back(body("endwith"));
  return node;
}

NodePtr Parser::group(std::string_view end) {
  NodePtr node = make(NodeKind::kGroup, now().line);
  node->bodies.push_back(body(end));
  return node;
}

Body parse_template(std::string_view source) {
  return Parser(source).statements({});
}

}  // namespace hanok::jinja
