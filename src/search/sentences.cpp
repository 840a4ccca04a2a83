#include "search/sentences.h"

#include <algorithm>
#include <string>

#include "text/unicode.h"

namespace hanok {
namespace {

struct Character {
  char32_t c = 0;
  size_t at = 0;
};

constexpr size_t kMostListMark = 8;  // characters of "제12조의2"

bool is_one_of(char32_t c, std::u32string_view all) {
  return all.find(c) != std::u32string_view::npos;
}

bool is_syllable(char32_t c) {
  return c >= 0xac00 && c <= 0xd7a3;
}

bool is_digit(char32_t c) {
  return c >= '0' && c <= '9';
}

bool is_latin(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The endings after which a sentence goes on without a space.
bool is_final_syllable(char32_t c) {
  return is_one_of(c, U"다요까죠음함임됨오라자");
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {
    size_t at = 0;
    for_each_char(text, [&](char32_t c, std::string_view bytes) {
      chars_.push_back({c, at});
      at += bytes.size();
    });
  }

  std::vector<TextSpan> split() {
    for (size_t i = 0; i < chars_.size();) {
      const size_t end = ends_behind(i);
      if (end > 0) add(end);
      i = std::max(i + 1, end);
    }
    add(chars_.size());
    return std::move(spans_);
  }

 private:
  char32_t at(size_t i) const { return i < chars_.size() ? chars_[i].c : 0; }
  size_t byte_of(size_t i) const { return i < chars_.size() ? chars_[i].at : text_.size(); }

  void add(size_t end) {
    size_t begin = begin_;
    begin_ = end;
    while (begin < end && is_white_space(at(begin))) ++begin;
    while (end > begin && is_white_space(at(end - 1))) --end;
    if (begin < end) spans_.push_back({byte_of(begin), byte_of(end)});
  }

  // Where the sentence ends that character i closes; 0 where it closes none.
  size_t ends_behind(size_t i) const {
    const char32_t c = at(i);
    if (c == '\n') return at(i + 1) == '\n' || is_list_mark(i + 1) ? i + 1 : 0;
    if (!is_one_of(c, U".!?。！？…")) return 0;
    size_t end = i + 1;
    while (is_one_of(at(end), U".!?。！？…")) ++end;
    while (is_one_of(at(end), U"\"'”’)]」』》〉")) ++end;
    const bool is_followed_by_space = end == chars_.size() || is_white_space(at(end));
    if (is_one_of(c, U"。！？")) return end;
    if (c != '.') return is_followed_by_space ? end : 0;
    if (is_followed_by_space) return end - i == 1 && is_no_full_stop(i) ? 0 : end;
    const bool goes_on = end == i + 1 && i > 0 && is_final_syllable(at(i - 1)) && is_syllable(at(end));
    return goes_on ? end : 0;
  }

  // Whether the point at i belongs to a number or a shortened word.
  bool is_no_full_stop(size_t i) const {
    size_t word = i;
    while (word > begin_ && !is_white_space(at(word - 1)) && !is_one_of(at(word - 1), U"(\"'“‘")) --word;
    const size_t n = i - word;
    if (n == 0) return false;
    if (std::all_of(chars_.begin() + static_cast<std::ptrdiff_t>(word), chars_.begin() + static_cast<std::ptrdiff_t>(i),
                    [](const Character& c) { return is_digit(c.c) || c.c == '.' || c.c == '\''; }))
      return n <= 5;
    const bool is_first = word == begin_ || line_begins(word);
    if (n == 1 && (is_latin(at(word)) || (is_first && is_one_of(at(word), U"가나다라마바사아자차카타파하"))))
      return true;
    return is_abbreviation(text_.substr(byte_of(word), byte_of(i) - byte_of(word)));
  }

  static bool is_abbreviation(std::string_view word) {
    static constexpr std::string_view kWords[] = {"mr",  "mrs", "ms",  "dr", "prof", "no",  "vs",  "etc",  "inc",
                                                  "ltd", "co",  "fig", "st", "e.g",  "i.e", "cf",  "al",   "pp",
                                                  "p",   "vol", "jr",  "sr", "corp", "ed",  "eds", "ph.d", "u.s"};
    std::string lower(word);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords);
  }

  bool line_begins(size_t i) const {
    while (i > 0 && at(i - 1) != '\n' && is_white_space(at(i - 1))) --i;
    return i == 0 || at(i - 1) == '\n';
  }

  // Whether an item of a list begins at i.
  bool is_list_mark(size_t i) const {
    while (at(i) != '\n' && is_white_space(at(i))) ++i;
    const char32_t c = at(i);
    if (is_one_of(c, U"-*•·○●◦□■▪◆◇▶※☞") && is_white_space(at(i + 1))) return true;
    if (is_one_of(c, U"○●□■◆◇▶※☞") || (c >= 0x2460 && c <= 0x24ff)) return true;
    size_t end = i;
    if (c == U'제') {
      for (++end; is_digit(at(end)) && end - i < kMostListMark;) ++end;
      return end > i + 1 && is_one_of(at(end), U"조장절항편관");
    }
    while (is_digit(at(end)) && end - i < 3) ++end;
    if (end == i && (is_one_of(c, U"가나다라마바사아자차카타파하") || is_latin(c))) ++end;
    return end > i && is_one_of(at(end), U".)") && is_white_space(at(end + 1));
  }

  std::string_view text_;
  std::vector<Character> chars_;
  size_t begin_ = 0;  // of the sentence that is being read
  std::vector<TextSpan> spans_;
};

}  // namespace

std::vector<TextSpan> split_sentences(std::string_view text) {
  return Splitter(text).split();
}

}  // namespace hanok
