#include "search/terms.h"

#include <algorithm>
#include <unordered_set>

#include "text/unicode.h"

namespace hanok {
namespace {

enum class Script { kNone, kHangul, kIdeograph, kKana, kLetter, kDigit };

bool is_hangul(char32_t c) {
  return (c >= 0xac00 && c <= 0xd7a3) || (c >= 0x1100 && c <= 0x11ff) || (c >= 0x3131 && c <= 0x318e) ||
         (c >= 0xa960 && c <= 0xa97c) || (c >= 0xd7b0 && c <= 0xd7fb);
}

Script script_of(char32_t c) {
  if (c < 0x80) {
    if (c >= '0' && c <= '9') return Script::kDigit;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? Script::kLetter : Script::kNone;
  }
  if (is_hangul(c)) return Script::kHangul;
  if (is_cjk_ideograph(c)) return Script::kIdeograph;
  if ((c >= 0x3041 && c <= 0x3096) || (c >= 0x30a1 && c <= 0x30ff)) return Script::kKana;
  if (is_number(c)) return Script::kDigit;
  return is_word(c) ? Script::kLetter : Script::kNone;
}

bool is_cut_in_pairs(Script script) {
  return script == Script::kHangul || script == Script::kIdeograph || script == Script::kKana;
}

// Half-width letters of the Hangul keyboard of old systems, in the order of their codes.
char32_t usual_jamo(char32_t c) {
  if (c >= 0xffa1 && c <= 0xffbe) return c - 0xffa1 + 0x3131;
  if (c >= 0xffc2 && c <= 0xffc7) return c - 0xffc2 + 0x314f;
  if (c >= 0xffca && c <= 0xffcf) return c - 0xffca + 0x3155;
  if (c >= 0xffd2 && c <= 0xffd7) return c - 0xffd2 + 0x315b;
  return c >= 0xffda && c <= 0xffdc ? c - 0xffda + 0x3161 : 0;
}

void append_usual_width(std::string& out, char32_t c, std::string_view bytes) {
  if (c < 0xff01 || c > 0xffee) {
    out += bytes;
  } else if (const char32_t jamo = usual_jamo(c); jamo != 0) {
    append_utf8(out, jamo);
  } else {
    out += normalize(bytes, Normalization::kNfkc);
  }
}

// One run of characters of the same script and where its characters begin.
struct Run {
  Script script = Script::kNone;
  std::string_view text;
  std::vector<size_t> begins;
};

template <class Visit>
void for_each_run(std::string_view folded, Visit visit) {
  Run run;
  size_t begin = 0, at = 0;
  const auto finish = [&](size_t end) {
    run.text = folded.substr(begin, end - begin);
    if (run.script != Script::kNone) visit(run);
    run.begins.clear();
  };
  for_each_char(folded, [&](char32_t c, std::string_view bytes) {
    const Script script = script_of(c);
    if (script != run.script) {
      finish(at);
      run.script = script;
      begin = at;
    }
    run.begins.push_back(at - begin);
    at += bytes.size();
  });
  finish(at);
}

std::string_view cut_word(std::string_view word) {
  if (word.size() <= kMaxTermBytes) return word;
  return word.substr(0, complete_utf8_prefix(word.substr(0, kMaxTermBytes)));
}

// The text of characters [first, first + n) of the run.
std::string_view part(const Run& run, size_t first, size_t n) {
  const size_t end = first + n < run.begins.size() ? run.begins[first + n] : run.text.size();
  return run.text.substr(run.begins[first], end - run.begins[first]);
}

template <class Visit>
void for_each_term_of(const Run& run, Visit visit) {
  if (!is_cut_in_pairs(run.script)) return visit(cut_word(run.text));
  const size_t n = run.begins.size();
  for (size_t i = 0; i < n; ++i) {
    visit(part(run, i, 1));
    if (i + 1 < n) visit(part(run, i, 2));
  }
}

// The terms whose appearance in a text is worth showing.
std::unordered_set<std::string> telling_terms(std::string_view query) {
  std::unordered_set<std::string> terms;
  for_each_run(fold_text(query), [&](const Run& run) {
    const size_t n = run.begins.size();
    if (!is_cut_in_pairs(run.script) || n == 1) {
      terms.emplace(cut_word(run.text));
      return;
    }
    for (size_t i = 0; i + 1 < n; ++i) terms.emplace(part(run, i, 2));
  });
  return terms;
}

// A character as people see it: its folded form and its place in the text.
struct Cluster {
  std::string folded;
  TextSpan place;
  Script script = Script::kNone;
};

std::vector<Cluster> clusters_of(std::string_view text) {
  std::vector<Cluster> clusters;
  for (size_t at = 0; at < text.size();) {
    const size_t n = std::max<size_t>(1, grapheme_length(text.substr(at)));
    std::string folded = fold_text(text.substr(at, n));
    const Script script = folded.empty() ? Script::kNone : script_of(utf8_code_point(folded));
    clusters.push_back({std::move(folded), {at, at + n}, script});
    at += n;
  }
  return clusters;
}

}  // namespace

std::string fold_text(std::string_view text) {
  std::string widths;
  widths.reserve(text.size());
  for_each_char(text, [&](char32_t c, std::string_view bytes) { append_usual_width(widths, c, bytes); });
  const std::string composed = normalize(widths, Normalization::kNfc);
  std::string out;
  out.reserve(composed.size());
  for_each_char(composed, [&](char32_t c, std::string_view bytes) {
    if (c < 0x80) {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : static_cast<char>(c);
    } else if (c >= 0x1100 && (c < 0x1e00 || c >= 0x2c00) && c < 0x10000) {
      out += bytes;  // Hangul and Hanja have no case
    } else {
      append_lowercase(out, c);
    }
  });
  return out;
}

void for_each_term(std::string_view folded, const std::function<void(std::string_view)>& visit) {
  for_each_run(folded, [&](const Run& run) { for_each_term_of(run, visit); });
}

std::vector<std::string> query_terms(std::string_view query, size_t most) {
  std::vector<std::string> terms;
  std::unordered_set<std::string> seen;
  for_each_term(fold_text(query), [&](std::string_view term) {
    if (terms.size() < most && seen.emplace(term).second) terms.emplace_back(term);
  });
  return terms;
}

std::vector<TextSpan> find_query_words(std::string_view text, std::string_view query) {
  const std::unordered_set<std::string> terms = telling_terms(query);
  const std::vector<Cluster> clusters = clusters_of(text);
  std::vector<TextSpan> spans;
  const auto add = [&](size_t first, size_t last) {
    const TextSpan span{clusters[first].place.begin, clusters[last].place.end};
    if (!spans.empty() && span.begin <= spans.back().end) {
      spans.back().end = std::max(spans.back().end, span.end);
    } else {
      spans.push_back(span);
    }
  };
  for (size_t i = 0; i < clusters.size();) {
    size_t end = i + 1;
    while (end < clusters.size() && clusters[end].script == clusters[i].script) ++end;
    const Script script = clusters[i].script;
    if (is_cut_in_pairs(script)) {
      for (size_t k = i; k < end; ++k) {
        if (terms.contains(clusters[k].folded)) add(k, k);
        if (k + 1 < end && terms.contains(clusters[k].folded + clusters[k + 1].folded)) add(k, k + 1);
      }
    } else if (script != Script::kNone) {
      std::string word;
      for (size_t k = i; k < end && word.size() <= kMaxTermBytes; ++k) word += clusters[k].folded;
      if (terms.contains(std::string(cut_word(word)))) add(i, end - 1);
    }
    i = end;
  }
  return spans;
}

}  // namespace hanok
