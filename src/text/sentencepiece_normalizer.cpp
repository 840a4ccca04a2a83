#include "text/sentencepiece_normalizer.h"

#include <utility>

#include "text/piece_trie.h"
#include "text/unicode.h"

namespace hanok {
namespace {

class Rewriter {
 public:
  explicit Rewriter(SentencePieceRules rules) : rules_(std::move(rules)) {
    std::vector<std::pair<std::string_view, int32_t>> kept;
    for (const std::string& text : rules_.kept) kept.emplace_back(text, 0);
    kept_ = PieceTrie(std::move(kept));
  }

  std::string apply(std::string_view text) const {
    while (rules_.remove_extra_whitespaces && !text.empty()) {
      const auto [n_bytes, becomes] = next(text);
      if (becomes != " ") break;
      text.remove_prefix(n_bytes);
    }
    if (text.empty()) return {};
    const std::string_view space = rules_.escape_whitespaces ? kSpaceMark : std::string_view(" ");
    std::string out;
    out.reserve(text.size() + text.size() / 2);
    if (rules_.add_dummy_prefix && !rules_.whitespace_as_suffix) out += space;
    bool after_space = rules_.remove_extra_whitespaces;
    while (!text.empty()) {
      auto [n_bytes, becomes] = next(text);
      while (after_space && becomes.starts_with(' ')) becomes.remove_prefix(1);
      for (const char c : becomes) {
        if (c == ' ') {
          out += space;
        } else {
          out += c;
        }
      }
      if (!becomes.empty()) after_space = becomes.ends_with(' ');
      after_space = after_space && rules_.remove_extra_whitespaces;
      text.remove_prefix(n_bytes);
    }
    while (rules_.remove_extra_whitespaces && out.ends_with(space)) out.resize(out.size() - space.size());
    if (rules_.add_dummy_prefix && rules_.whitespace_as_suffix) out += space;
    return out;
  }

 private:
  // How many bytes to read and what they become.
  std::pair<size_t, std::string_view> next(std::string_view text) const {
    size_t n_kept = 0;
    kept_.prefixes(0, text, [&](size_t n_bytes, int32_t) { n_kept = n_bytes; });
    if (n_kept > 0) return {n_kept, text.substr(0, n_kept)};
    if (rules_.map) {
      const auto match = rules_.map->longest(text);
      const bool whole =
          match && (match->n_bytes == text.size() || (static_cast<uint8_t>(text[match->n_bytes]) & 0xc0) != 0x80);
      if (whole) return {match->n_bytes, match->replacement};
    }
    const size_t n_bytes = char_bytes(text[0]);
    return {n_bytes, text.substr(0, n_bytes)};
  }

  SentencePieceRules rules_;
  PieceTrie kept_;
};

}  // namespace

Normalizer::Step sentencepiece_normalizer(SentencePieceRules rules) {
  const auto rewriter = std::make_shared<const Rewriter>(std::move(rules));
  return [rewriter](std::string& text) -> Status {
    text = rewriter->apply(text);
    return {};
  };
}

}  // namespace hanok
