#include "text/regex_dialect.h"

#include <algorithm>

#include "text/unicode_additions.h"

namespace hanok {
namespace {

// White_Space; PCRE2's own \s lacks U+0085.
constexpr std::string_view kSpace = R"(\t-\r\x{85}\p{Z})";
constexpr std::string_view kNotSpace =
    R"(\x{0}-\x{8}\x{E}-\x{1F}\x{21}-\x{84}\x{86}-\x{9F}\x{A1}-\x{167F}\x{1681}-\x{1FFF}\x{200B}-\x{2027})"
    R"(\x{202A}-\x{202E}\x{2030}-\x{205E}\x{2060}-\x{2FFF}\x{3001}-\x{10FFFF})";
// Oniguruma's \w: Alphabetic, M, Nd, Pc and, by an old quirk, the superscripts and fractions of Latin-1. PCRE2's own \w
// lacks marks.
constexpr std::string_view kWordCategories[] = {"L", "M", "Nd", "Nl", "Pc"};
constexpr std::string_view kMoreWord =
    R"(\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189})";
constexpr std::string_view kHex = "0-9a-fA-F";

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The characters of a category that PCRE2 does not know yet.
std::string additions_to(std::string_view category) {
  std::string members;
  for (const auto& [name, more] : kUnicodeAdditions) {
    if (name.starts_with(category)) members += more;
  }
  return members;
}

std::string word_members() {
  std::string members;
  for (const std::string_view category : kWordCategories) {
    members += "\\p{" + std::string(category) + "}" + additions_to(category);
  }
  return members.append(kMoreWord);
}

class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  Result<std::string> run() {
    while (at_ < pattern_.size()) {
      if (pattern_[at_] == '\\') {
        HANOK_RETURN_IF_ERROR(escape());
      } else if (in_class_) {
        HANOK_RETURN_IF_ERROR(class_character());
      } else {
        plain_character();
      }
    }
    return std::move(out_);
  }

 private:
  tl::unexpected<Error> refuse(std::string_view what) const {
    return fail(ErrorKind::kUnsupported, "pattern uses what is not supported",
                std::string(pattern_) + ", byte " + std::to_string(at_), "", std::string(what));
  }

  void set(std::string_view members, bool negated) {
    out_ += in_class_ ? std::string(members) : (negated ? "[^" : "[") + std::string(members) + "]";
  }

  Status escape() {
    if (at_ + 1 >= pattern_.size()) return refuse("a backslash at the end");
    const char c = pattern_[at_ + 1];
    at_ += 2;
    if (c == 's' || (c == 'S' && !in_class_)) {
      set(kSpace, c == 'S');
    } else if (c == 'S') {
      out_ += kNotSpace;
    } else if (c == 'w' || (c == 'W' && !in_class_)) {
      set(word_members(), c == 'W');
    } else if (c == 'd' || (c == 'D' && !in_class_)) {
      set("\\p{Nd}" + additions_to("Nd"), c == 'D');
    } else if (c == 'h' || (c == 'H' && !in_class_)) {
      set(kHex, c == 'H');
    } else if (c == 'W' || c == 'D' || c == 'H') {
      return refuse(std::string("\\") + c + " in a class");
    } else if (c == 'u') {
      if (pattern_.size() < at_ + 4 || !std::all_of(&pattern_[at_], &pattern_[at_] + 4, is_hex)) {
        return refuse("\\u without four hexadecimal digits");
      }
      out_ += "\\x{" + std::string(pattern_.substr(at_, 4)) + "}";
      at_ += 4;
    } else if (c == 'p' || c == 'P') {
      property(c == 'P');
    } else {
      out_ += {'\\', c};
    }
    return {};
  }

  // \p{…} after its first two characters. Categories get the characters PCRE2 does not know yet (in a class, only where
  // the property is not negated); scripts are said to be scripts, because PCRE2 would take their extensions too.
  void property(bool negated) {
    const std::string_view rest = pattern_.substr(at_);
    const bool braced = rest.starts_with('{');
    const size_t end = braced ? std::min(rest.find('}'), rest.size()) : std::min<size_t>(1, rest.size());
    std::string_view name = rest.substr(braced ? 1 : 0, end - (braced ? 1 : 0));
    at_ += std::min(end + (braced ? 1 : 0), rest.size());
    if (name.starts_with('^')) {
      name.remove_prefix(1);
      negated = !negated;
    }
    const std::string letter = negated ? "\\P{" : "\\p{";
    const bool is_script = name.size() > 2 && name != "Any";
    const std::string asked = (is_script ? "sc:" : "") + std::string(name) + "}";
    const std::string additions = is_script && name == "Han" ? std::string(kHanAdditions) : additions_to(name);
    if (additions.empty() || (in_class_ && negated)) {
      out_ += letter + asked;
    } else {
      set("\\p{" + asked + additions, negated);
    }
  }

  Status class_character() {
    const std::string_view rest = pattern_.substr(at_);
    if (rest.starts_with("&&")) return refuse("an intersection of classes");
    if (rest.starts_with("[:space:]")) {
      out_ += kSpace;
      at_ += 9;
      return {};
    }
    if (rest[0] == '[') return refuse("a class inside a class");
    in_class_ = rest[0] != ']';
    out_ += rest[0];
    ++at_;
    return {};
  }

  void plain_character() {
    const std::string_view rest = pattern_.substr(at_);
    if (rest.starts_with("(?")) {  // options: Oniguruma's m lets the dot match newlines, which PCRE2 calls s
      size_t end = 2;
      while (end < rest.size() && (rest[end] == 'i' || rest[end] == 'm' || rest[end] == 'x' || rest[end] == '-')) ++end;
      for (const char c : rest.substr(0, end)) out_ += c == 'm' ? 's' : c;
      at_ += end;
      return;
    }
    in_class_ = rest[0] == '[';
    const size_t n = in_class_ && rest.substr(1).starts_with('^') ? 2 : 1;
    out_ += rest.substr(0, n);
    at_ += n;
  }

  std::string_view pattern_;
  size_t at_ = 0;
  bool in_class_ = false;
  std::string out_;
};

}  // namespace

Result<std::string> to_pcre2(std::string_view pattern) {
  return Translator(pattern).run();
}

}  // namespace hanok
