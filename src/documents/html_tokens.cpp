#include "documents/html_tokens.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"
#include "documents/html_entities.h"

namespace hanok {
namespace {

// Elements whose content holds no tags; those of which it is no text a reader sees.
constexpr std::array<std::string_view, 8> kRaw = {"script", "style",  "textarea", "title",
                                                  "xmp",    "iframe", "noembed",  "noframes"};
constexpr std::array<std::string_view, 5> kUnseen = {"script", "style", "iframe", "noembed", "noframes"};

template <size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

bool is_letter_or_digit(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}

// Where "</name" begins; the end of the text when nowhere.
size_t find_end_tag(std::string_view text, std::string_view name) {
  for (size_t at = text.find("</"); at != std::string_view::npos; at = text.find("</", at + 2)) {
    const std::string_view found = text.substr(at + 2, name.size());
    if (std::equal(found.begin(), found.end(), name.begin(), name.end(), [](char a, char b) { return lower(a) == b; }))
      return at;
  }
  return text.size();
}

// Numbers of Windows' code page that pages give as if they were Unicode's.
char32_t windows_character(uint32_t code) {
  constexpr std::array<char16_t, 32> kWindows = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
                                                 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  return code >= 0x80 && code < 0xA0 ? kWindows[code - 0x80] : code;
}

// Appends the character of "#44032" or "#xAC00" and returns how many bytes that took; 0 when it is none.
size_t append_number(std::string_view text, std::string& out) {
  const bool is_hex = text.size() > 1 && lower(text[1]) == 'x';
  const size_t n_before = is_hex ? 2 : 1;
  uint32_t code = 0;
  const auto [end, error] = std::from_chars(text.data() + n_before, text.data() + text.size(), code, is_hex ? 16 : 10);
  const size_t n_bytes = static_cast<size_t>(end - text.data());
  if (n_bytes == n_before || text.size() < n_before) return 0;
  const bool is_character = error == std::errc{} && code != 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  append_utf8(out, is_character ? windows_character(code) : 0xFFFD);
  return n_bytes;
}

// The same for the reference behind an ampersand, without its semicolon.
size_t append_reference(std::string_view text, std::string& out) {
  if (text.starts_with('#')) return append_number(text, out);
  constexpr size_t kLongestName = 10;
  size_t n_bytes = 0;
  while (n_bytes < text.size() && n_bytes <= kLongestName && is_letter_or_digit(text[n_bytes])) ++n_bytes;
  const char32_t c = html_entity(text.substr(0, n_bytes));
  if (c == 0 || (n_bytes < text.size() && text[n_bytes] == '=')) return 0;
  append_utf8(out, c);
  return n_bytes;
}

}  // namespace

std::string_view HtmlToken::attribute(std::string_view attribute_name) const {
  for (const auto& [key, value] : attributes)
    if (key == attribute_name) return value;
  return {};
}

bool HtmlToken::has(std::string_view attribute_name) const {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const auto& each) { return each.first == attribute_name; });
}

std::string resolve_references(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t n = std::min(text.find('&'), text.size());
    out += text.substr(0, n);
    text.remove_prefix(n);
    if (text.empty()) break;
    const size_t n_reference = append_reference(text.substr(1), out);
    if (n_reference == 0) out += '&';
    text.remove_prefix(1 + n_reference);
    if (n_reference > 0 && text.starts_with(';')) text.remove_prefix(1);
  }
  return out;
}

bool HtmlTokenizer::next(HtmlToken& token) {
  while (!rest_.empty()) {
    token.name.clear();
    token.text.clear();
    token.attributes.clear();
    token.is_closed = false;
    if (!raw_.empty()) {
      read_raw_text(token);
      if (!token.text.empty()) return true;
      continue;
    }
    const bool is_tag = rest_[0] == '<' && rest_.size() > 1 &&
                        (is_letter(rest_[1]) || (rest_[1] == '/' && rest_.size() > 2 && is_letter(rest_[2])));
    if (is_tag) {
      read_tag(token);
      return true;
    }
    if (rest_.starts_with("<!") || rest_.starts_with("<?") || rest_.starts_with("</")) {
      if (skip_declaration(token)) return true;
      continue;
    }
    token.kind = HtmlToken::Kind::kText;
    const size_t end = std::min(rest_.find('<', 1), rest_.size());
    token.text = resolve_references(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return true;
  }
  return false;
}

// A comment, a declaration or what is like one; true for a CDATA section, which is text.
bool HtmlTokenizer::skip_declaration(HtmlToken& token) {
  constexpr std::string_view kCdata = "<![CDATA[";
  const bool is_cdata = rest_.starts_with(kCdata);
  const std::string_view end_mark = is_cdata ? "]]>" : rest_.starts_with("<!--") ? "-->" : ">";
  const size_t begin = is_cdata ? kCdata.size() : 2;  // "<!-->" is a whole comment
  const size_t end = std::min(rest_.find(end_mark, begin), rest_.size());
  token.kind = HtmlToken::Kind::kText;
  if (is_cdata) token.text = rest_.substr(begin, end - begin);
  rest_.remove_prefix(std::min(end + end_mark.size(), rest_.size()));
  return is_cdata && !token.text.empty();
}

void HtmlTokenizer::read_tag(HtmlToken& token) {
  rest_.remove_prefix(1);
  token.kind = rest_[0] == '/' ? HtmlToken::Kind::kEndTag : HtmlToken::Kind::kStartTag;
  if (rest_[0] == '/') rest_.remove_prefix(1);
  size_t n = 0;
  while (n < rest_.size() && !is_space(rest_[n]) && rest_[n] != '>' && rest_[n] != '/') ++n;
  for (const char c : rest_.substr(0, n)) token.name += lower(c);
  if (const size_t colon = token.name.rfind(':'); colon != std::string::npos) token.name.erase(0, colon + 1);
  rest_.remove_prefix(n);
  read_attributes(token);
  if (token.kind == HtmlToken::Kind::kStartTag && !token.is_closed && is_one_of(token.name, kRaw)) raw_ = token.name;
}

void HtmlTokenizer::read_attributes(HtmlToken& token) {
  while (!rest_.empty()) {
    if (rest_[0] == '>') {
      rest_.remove_prefix(1);
      return;
    }
    if (is_space(rest_[0]) || rest_[0] == '/') {
      token.is_closed = rest_.starts_with("/>");
      rest_.remove_prefix(1);
      continue;
    }
    std::string name, value;
    size_t n = 0;
    do name += lower(rest_[n++]);
    while (n < rest_.size() && !is_space(rest_[n]) && rest_[n] != '=' && rest_[n] != '>' && rest_[n] != '/');
    while (n < rest_.size() && is_space(rest_[n])) ++n;
    rest_.remove_prefix(n);
    if (rest_.starts_with('=')) {
      n = 1;
      while (n < rest_.size() && is_space(rest_[n])) ++n;
      rest_.remove_prefix(n);
      const bool is_quoted = rest_.starts_with('"') || rest_.starts_with('\'');
      if (is_quoted) {
        const size_t end = std::min(rest_.find(rest_[0], 1), rest_.size());
        value = rest_.substr(1, end - 1);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
      } else {
        const size_t end = std::min(rest_.find_first_of(" \t\n\r\f>"), rest_.size());
        value = rest_.substr(0, end);
        rest_.remove_prefix(end);
      }
    }
    token.attributes.emplace_back(std::move(name), resolve_references(value));
  }
}

void HtmlTokenizer::read_raw_text(HtmlToken& token) {
  const size_t end = find_end_tag(rest_, raw_);
  token.kind = HtmlToken::Kind::kText;
  if (!is_one_of(raw_, kUnseen)) token.text = resolve_references(rest_.substr(0, end));
  rest_.remove_prefix(end);
  raw_.clear();
}

}  // namespace hanok
