// Cuts a chat template into text and tokens, with trim_blocks and lstrip_blocks as Hugging Face sets them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hanok::jinja {

enum class TokenKind {
  kText,        // literal output
  kPrintBegin,  // {{
  kPrintEnd,    // }}
  kBlockBegin,  // {%
  kBlockEnd,    // %}
  kName,
  kString,
  kInteger,
  kFloat,
  kOperator,
  kEnd
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;  // of a string its decoded contents, of a number its digits without underscores
  int line = 1;
};

// Throws TemplateError with the line of what cannot be read. The last token is kEnd.
std::vector<Token> tokenize(std::string_view source);

}  // namespace hanok::jinja
