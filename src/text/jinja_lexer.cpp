// Cuts a chat template into text and tokens.
#include "text/jinja_lexer.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "text/jinja_text.h"
#include "text/jinja_value.h"

namespace hanok::jinja {
namespace {

std::string normalise_newlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out += source[i];
    }
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

bool is_blank(std::string_view text) {
  return strip(text, Side::kLeft).empty();
}

bool is_name_byte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(normalise_newlines(source)) {}
  std::vector<Token> run();

 private:
  std::string_view rest() const { return std::string_view(source_).substr(at_); }
  bool starts(std::string_view text) const { return rest().substr(0, text.size()) == text; }
  void advance(size_t n);
  void push(TokenKind kind, std::string text, int line) { tokens_.push_back({kind, std::move(text), line}); }
  void push(TokenKind kind) { push(kind, {}, line_); }
  [[noreturn]] void error(const std::string& message) const {
    throw TemplateError(message, ErrorKind::kInvalidInput, line_);
  }
  bool text_and_opening();
  void comment();
  bool raw();
  size_t raw_opening() const;
  void inside(bool block);
  bool closing(bool block);
  void after_closing(bool strip_after, bool trim_newline);
  void token();
  void string();
  void number();
  void operation();

  std::string source_;
  size_t at_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
  std::vector<char> brackets_;
  std::vector<Token> tokens_;
};

void Lexer::advance(size_t n) {
  line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                       source_.begin() + static_cast<std::ptrdiff_t>(at_ + n), '\n'));
  at_ += n;
}

// Emits the text up to the next opening mark and moves onto the mark; false at the end of the source.
bool Lexer::text_and_opening() {
  size_t mark = at_;
  while (true) {
    mark = source_.find('{', mark);
    if (mark == std::string::npos || mark + 1 >= source_.size()) {
      mark = std::string::npos;
      break;
    }
    const char kind = source_[mark + 1];
    if (kind == '{' || kind == '%' || kind == '#') break;
    ++mark;
  }
  const size_t end = mark == std::string::npos ? source_.size() : mark;
  std::string_view text = std::string_view(source_).substr(at_, end - at_);
  if (mark != std::string::npos) {
    const char sign = mark + 2 < source_.size() ? source_[mark + 2] : '\0';
    if (sign == '-') {
      text = strip(text, Side::kRight);
    } else if (sign != '+' && source_[mark + 1] != '{') {
      const size_t newline = text.rfind('\n');
      const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
      if ((begin > 0 || line_starting_) && is_blank(text.substr(begin))) text = text.substr(0, begin);
    }
  }
  if (!text.empty()) push(TokenKind::kText, std::string(text), line_);
  advance(end - at_);
  return mark != std::string::npos;
}

// What a closing mark takes with it: all white space after "-", or one newline.
void Lexer::after_closing(bool strip_after, bool trim_newline) {
  line_starting_ = false;
  if (strip_after) {
    const size_t n = rest().size() - strip(rest(), Side::kLeft).size();
    line_starting_ = n > 0 && source_[at_ + n - 1] == '\n';
    advance(n);
  } else if (trim_newline && starts("\n")) {
    line_starting_ = true;
    advance(1);
  }
}

void Lexer::comment() {
  const size_t end = source_.find("#}", at_ + 2);
  if (end == std::string::npos) error("a comment is not closed");
  const char sign = end > at_ + 2 ? source_[end - 1] : '\0';
  advance(end + 2 - at_);
  after_closing(sign == '-', sign != '+');
}

// The length of a `{% raw %}` mark here, 0 if there is none.
size_t Lexer::raw_opening() const {
  size_t at = 2;
  const std::string_view text = rest();
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const auto skip = [&] {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
  };
  skip();
  if (text.substr(at, 3) != "raw") return 0;
  at += 3;
  skip();
  if (text.substr(at, 2) == "%}") return at + 2;
  return text.substr(at, 3) == "-%}" ? at + 3 : 0;
}

bool Lexer::raw() {
  const size_t n = raw_opening();
  if (n == 0) return false;
  const bool strip_after = source_[at_ + n - 3] == '-';
  advance(n);
  after_closing(strip_after, false);
  for (size_t mark = at_; (mark = source_.find("{%", mark)) != std::string::npos; mark += 2) {
    size_t at = mark + 2;
    const char sign = at < source_.size() ? source_[at] : '\0';
    if (sign == '-' || sign == '+') ++at;
    at = std::min(source_.find_first_not_of(" \t\n", at), source_.size());
    if (source_.compare(at, 6, "endraw") != 0) continue;
    at = std::min(source_.find_first_not_of(" \t\n", at + 6), source_.size());
    const char close = at < source_.size() ? source_[at] : '\0';
    const size_t end = close == '-' || close == '+' ? at + 1 : at;
    if (source_.compare(end, 2, "%}") != 0) continue;
    std::string_view text = std::string_view(source_).substr(at_, mark - at_);
    const size_t newline = text.rfind('\n');
    const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    if (sign == '-') {
      text = strip(text, Side::kRight);
    } else if (sign != '+' && (begin > 0 || line_starting_) && is_blank(text.substr(begin))) {
      text = text.substr(0, begin);
    }
    if (!text.empty()) push(TokenKind::kText, std::string(text), line_);
    advance(end + 2 - at_);
    after_closing(close == '-', close != '+');
    return true;
  }
  error("a raw block is not closed");
}

// Reads a closing mark if one is here and no bracket is open.
bool Lexer::closing(bool block) {
  if (!brackets_.empty()) return false;
  const std::string_view mark = block ? "%}" : "}}";
  const char sign = rest().front();
  const bool has_sign = sign == '-' || (block && sign == '+');
  if (rest().substr(has_sign ? 1 : 0, 2) != mark) return false;
  push(block ? TokenKind::kBlockEnd : TokenKind::kPrintEnd);
  advance(has_sign ? 3 : 2);
  after_closing(sign == '-', block && sign != '+');
  return true;
}

void Lexer::inside(bool block) {
  push(block ? TokenKind::kBlockBegin : TokenKind::kPrintBegin);
  advance(2);
  if (!rest().empty() && (rest().front() == '-' || rest().front() == '+')) advance(1);
  brackets_.clear();
  while (true) {
    advance(rest().size() - strip(rest(), Side::kLeft).size());
    if (rest().empty()) error(block ? "a block mark {% is not closed" : "a print mark {{ is not closed");
    if (closing(block)) return;
    token();
  }
}

void Lexer::token() {
  const char c = rest().front();
  if (is_digit(c)) {
    number();
  } else if (is_name_byte(c)) {
    size_t n = 0;
    while (n < rest().size() && is_name_byte(rest()[n])) ++n;
    push(TokenKind::kName, std::string(rest().substr(0, n)), line_);
    advance(n);
  } else if (c == '\'' || c == '"') {
    string();
  } else {
    operation();
  }
}

void Lexer::number() {
  const std::string_view text = rest();
  size_t n = 0;
  const bool based = text.size() > 2 && text[0] == '0' && std::isalpha(static_cast<unsigned char>(text[1])) != 0;
  bool is_float = false;
  if (based && std::string_view("xXoObB").find(text[1]) != std::string_view::npos) {
    n = 2;
    while (n < text.size() && (std::isxdigit(static_cast<unsigned char>(text[n])) != 0 || text[n] == '_')) ++n;
  } else {
    const auto digits = [&] {
      while (n < text.size() && (is_digit(text[n]) || text[n] == '_')) ++n;
    };
    digits();
    const bool after_dot =
        !tokens_.empty() && tokens_.back().kind == TokenKind::kOperator && tokens_.back().text == ".";
    if (!after_dot && n + 1 < text.size() && text[n] == '.' && is_digit(text[n + 1])) {
      is_float = true;
      ++n;
      digits();
    }
    const size_t sign = n + 1 < text.size() && (text[n + 1] == '+' || text[n + 1] == '-') ? 1 : 0;
    if (n + 1 + sign < text.size() && (text[n] == 'e' || text[n] == 'E') && is_digit(text[n + 1 + sign])) {
      is_float = true;
      n += 1 + sign;
      digits();
    }
  }
  std::string value(text.substr(0, n));
  std::erase(value, '_');
  push(is_float ? TokenKind::kFloat : TokenKind::kInteger, std::move(value), line_);
  advance(n);
}

// Appends what the escape at text[at] (after the backslash) means and returns the bytes it took, 0 if it is none.
size_t unescape(std::string_view text, size_t at, std::string& out) {
  static constexpr std::string_view kFrom = "ntrabfv0'\"\\";
  const char c = text[at];
  const size_t n_hex = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (n_hex > 0) {
    uint32_t code = 0;
    for (size_t i = 1; i <= n_hex; ++i) {
      if (at + i >= text.size() || std::isxdigit(static_cast<unsigned char>(text[at + i])) == 0) return 0;
      const char digit = text[at + i];
      code = code * 16 + static_cast<uint32_t>(is_digit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    if (code > 0x10FFFF) return 0;
    append_code_point(out, code);
    return n_hex + 1;
  }
  if (c >= '0' && c <= '7') {
    uint32_t code = 0;
    size_t n = 0;
    while (n < 3 && at + n < text.size() && text[at + n] >= '0' && text[at + n] <= '7') {
      code = code * 8 + static_cast<uint32_t>(text[at + n++] - '0');
    }
    append_code_point(out, code);
    return n;
  }
  if (c == '\n') return 1;
  const size_t known = kFrom.find(c);
  if (known == std::string_view::npos) return 0;
  out += "\n\t\r\a\b\f\v\0'\"\\"[known];
  return 1;
}

void Lexer::string() {
  const std::string_view text = rest();
  const int line = line_;
  std::string value;
  size_t i = 1;
  for (; i < text.size() && text[i] != text[0]; ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      value += text[i];
      continue;
    }
    const size_t n = unescape(text, i + 1, value);
    if (n == 0) {
      value.append(text.substr(i, 2));
      ++i;
    } else {
      i += n;
    }
  }
  if (i >= text.size()) error("a string is not closed");
  push(TokenKind::kString, std::move(value), line);
  advance(i + 1);
}

void Lexer::operation() {
  static constexpr std::array<std::string_view, 24> kOperators = {"//", "**", "==", "!=", ">=", "<=", "+", "-",
                                                                  "/",  "*",  "%",  "~",  "[",  "]",  "(", ")",
                                                                  "{",  "}",  ">",  "<",  "=",  ".",  ":", "|"};
  std::string_view found;
  for (const std::string_view op : kOperators) {
    if (starts(op)) {
      found = op;
      break;
    }
  }
  if (found.empty() && (starts(",") || starts(";"))) found = rest().substr(0, 1);
  if (found.empty()) error("unexpected character '" + std::string(rest().substr(0, 1)) + "'");
  const char c = found.front();
  if (c == '(' || c == '[' || c == '{') brackets_.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
  if (c == ')' || c == ']' || c == '}') {
    if (brackets_.empty() || brackets_.back() != c) error(std::string("unexpected '") + c + "'");
    brackets_.pop_back();
  }
  push(TokenKind::kOperator, std::string(found), line_);
  advance(found.size());
}

std::vector<Token> Lexer::run() {
  while (text_and_opening()) {
    const char kind = source_[at_ + 1];
    if (kind == '#') {
      comment();
    } else if (kind == '{') {
      inside(false);
    } else if (!raw()) {
      inside(true);
    }
  }
  push(TokenKind::kEnd);
  return std::move(tokens_);
}

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  return Lexer(source).run();
}

}  // namespace hanok::jinja
