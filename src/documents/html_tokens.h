// HTML cut into tags and text, as browsers do it: anything is HTML, nothing is an error.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hanok {

struct HtmlToken {
  enum class Kind { kText, kStartTag, kEndTag };
  Kind kind = Kind::kText;
  std::string name;  // of a tag, in small letters, without a namespace's prefix
  std::string text;  // with character references resolved
  std::vector<std::pair<std::string, std::string>> attributes;
  bool is_closed = false;  // "<br/>"

  // Empty where there is none.
  std::string_view attribute(std::string_view attribute_name) const;
  bool has(std::string_view attribute_name) const;
};

class HtmlTokenizer {
 public:
  // `html` is valid UTF-8 and outlives the tokenizer.
  explicit HtmlTokenizer(std::string_view html) : rest_(html) {}
  // The next token; false at the end. Scripts and styles give no text; comments and declarations are passed over.
  bool next(HtmlToken& token);

 private:
  bool skip_declaration(HtmlToken& token);
  void read_tag(HtmlToken& token);
  void read_attributes(HtmlToken& token);
  void read_raw_text(HtmlToken& token);

  std::string_view rest_;
  std::string raw_;  // the element whose text has no tags in it
};

// The text with its references ("&amp;", "&#44032;", "&#xAC00;") resolved.
std::string resolve_references(std::string_view text);

}  // namespace hanok
