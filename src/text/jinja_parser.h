// The parser of chat templates: tokens to tree, with Jinja2's precedence.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja_ast.h"
#include "text/jinja_lexer.h"

namespace hanok::jinja {

class Parser {
 public:
  explicit Parser(std::string_view source) : tokens_(tokenize(source)) {}
  // The statements up to the block tag named by one of `ends` (left unread), or to the end where `ends` is empty.
  Body statements(std::initializer_list<std::string_view> ends);

 private:
  const Token& now() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool is_op(std::string_view op) const { return now().kind == TokenKind::kOperator && now().text == op; }
  bool is_name(std::string_view name) const { return now().kind == TokenKind::kName && now().text == name; }
  bool skip_op(std::string_view op);
  bool skip_name(std::string_view name);
  void expect_op(std::string_view op);
  void expect_name(std::string_view name);
  std::string any_name();
  void block_end();
  [[noreturn]] void error(const std::string& message) const;
  NodePtr make(NodeKind kind, int line, std::string name = {}) const;
  // The node, once its depth is known and within the limit.
  NodePtr done(NodePtr node) const;

  // Statements (jinja_parser.cpp).
  NodePtr statement();
  NodePtr print();
  NodePtr if_statement();
  NodePtr for_statement();
  NodePtr set_statement();
  NodePtr macro_statement();
  NodePtr call_block();
  NodePtr filter_block();
  NodePtr with_statement();
  NodePtr group(std::string_view end);
  Body body(std::string_view end);
  void signature(Node& node);
  // The body of a macro or call block up to `end`, and which special names it reads.
  void macro_body(Node& node, std::string_view end);
  NodePtr target(bool allow_attribute, bool with_tuple = true);

  // Expressions (jinja_expressions.cpp).
  NodePtr expression(bool with_condition = true);
  NodePtr tuple(bool with_condition, bool parenthesised = false);
  bool at_tuple_end() const;
  NodePtr condition();
  NodePtr logical_or();
  NodePtr logical_and();
  NodePtr logical_not();
  NodePtr comparison();
  NodePtr sum();
  NodePtr concat();
  NodePtr product();
  NodePtr power();
  NodePtr unary(bool with_filter = true);
  NodePtr primary();
  NodePtr postfix(NodePtr node);
  NodePtr subscript(NodePtr object);
  NodePtr filters(NodePtr node, bool start_inline = false);
  NodePtr filter(NodePtr node);
  NodePtr test(NodePtr node);
  NodePtr dict();
  void arguments(Node& call);

  std::vector<Token> tokens_;
  size_t at_ = 0;
  int nesting_ = 0;
  int loops_ = 0;
  friend struct Nesting;
};

// Counts how deep the parser has called itself.
struct Nesting {
  explicit Nesting(Parser& parser_);
  ~Nesting() { --parser.nesting_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
  Parser& parser;
};

}  // namespace hanok::jinja
