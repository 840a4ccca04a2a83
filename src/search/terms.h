// What texts and queries are cut into for the lexical index: single characters and pairs of them within a run of Hangul
// or of Hanja, whole words of other letters, whole numbers. Missing spaces change only the pairs across them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hanok {

// The bytes of a term at most; longer words are cut, so that encoded data costs little.
inline constexpr size_t kMaxTermBytes = 64;

// NFC, lower case, full-width and half-width forms as the usual ones. `text` is valid UTF-8.
std::string fold_text(std::string_view text);

// Calls visit for each term of a folded text, in order; a view lives until the next call.
void for_each_term(std::string_view folded, const std::function<void(std::string_view term)>& visit);

// The different terms of a query, in the order of their first appearance; at most `most`.
std::vector<std::string> query_terms(std::string_view query, size_t most = 512);

// Part of a text, in bytes.
struct TextSpan {
  size_t begin = 0;
  size_t end = 0;
  friend bool operator==(const TextSpan&, const TextSpan&) = default;
};
// Where a text has words of the query: pairs of characters, whole words and numbers; single characters only where the
// query has no more of the run. Ascending, apart from each other. `text` is valid UTF-8 in any normalization form.
std::vector<TextSpan> find_query_words(std::string_view text, std::string_view query);

}  // namespace hanok
