#include "text/added_tokens.h"

#include <algorithm>
#include <utility>

#include "text/unicode.h"

namespace hanok {
namespace {

// Where the character before `at` begins.
size_t before(std::string_view text, size_t at) {
  do {
    --at;
  } while (at > 0 && (static_cast<uint8_t>(text[at]) & 0xc0) == 0x80);
  return at;
}

bool stands_alone(std::string_view text, size_t begin, size_t end) {
  const bool left = begin == 0 || !is_word(utf8_code_point(text.substr(before(text, begin))));
  const bool right = end == text.size() || !is_word(utf8_code_point(text.substr(end)));
  return left && right;
}

size_t skip_space_left(std::string_view text, size_t at, size_t least) {
  while (at > least && is_white_space(utf8_code_point(text.substr(before(text, at))))) at = before(text, at);
  return at;
}

size_t skip_space_right(std::string_view text, size_t at) {
  while (at < text.size() && is_white_space(utf8_code_point(text.substr(at)))) at += char_bytes(text[at]);
  return at;
}

}  // namespace

Result<AddedTokens> AddedTokens::make(std::vector<AddedToken> tokens, const Normalizer& normalizer) {
  AddedTokens added;
  added.tokens_ = std::move(tokens);
  std::vector<std::pair<std::string_view, int32_t>> raw, normalized;
  for (const AddedToken& token : added.tokens_) {
    if (replace_invalid_utf8(token.content) != token.content) {
      return fail(ErrorKind::kCorruptFile, "added token is not valid UTF-8", "token " + std::to_string(token.id));
    }
    std::string text = token.content;
    if (token.normalized) HANOK_RETURN_IF_ERROR(normalizer.apply(text));
    added.shown_.push_back(std::move(text));
  }
  for (size_t i = 0; i < added.tokens_.size(); ++i) {
    added.by_id_.emplace(added.tokens_[i].id, i);
    (added.tokens_[i].normalized ? normalized : raw).emplace_back(added.shown_[i], static_cast<int32_t>(i));
  }
  added.raw_ = PieceTrie(std::move(raw));
  added.normalized_ = PieceTrie(std::move(normalized));
  return added;
}

const AddedToken* AddedTokens::find(int32_t id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : &tokens_[it->second];
}

const std::string& AddedTokens::shown(const AddedToken& token) const {
  return shown_[static_cast<size_t>(&token - tokens_.data())];
}

std::vector<size_t> AddedTokens::special_starts(std::string_view text) const {
  std::vector<size_t> starts;
  for (size_t at = 0; at < text.size(); ++at) {
    bool found = false;
    for (const PieceTrie* trie : {&raw_, &normalized_}) {
      if (!trie->starts_with(text[at])) continue;
      trie->prefixes(0, text.substr(at),
                     [&](size_t, int32_t value) { found = found || tokens_[static_cast<size_t>(value)].special; });
    }
    if (found) starts.push_back(at);
  }
  return starts;
}

void AddedTokens::split(const PieceTrie& trie, std::string_view text, const Specials& specials,
                        std::vector<Stretch>& out) const {
  size_t done = 0;
  for (size_t at = trie.empty() ? text.size() : 0; at < text.size();) {
    size_t n_bytes = 0;
    int32_t which = -1;
    if (trie.starts_with(text[at])) {
      const bool may_be_special = specials.may_begin(at);
      trie.prefixes(0, text.substr(at), [&](size_t n, int32_t value) {
        if (!may_be_special && tokens_[static_cast<size_t>(value)].special) return;
        n_bytes = n;
        which = value;
      });
    }
    if (which < 0) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[static_cast<size_t>(which)];
    size_t begin = at, end = at + n_bytes;
    at = end;
    if (token.special && !specials.parsed) continue;
    if (token.single_word && !stands_alone(text, begin, end)) continue;
    if (token.lstrip) begin = begin > done ? skip_space_left(text, begin, done) : done;
    if (token.rstrip) end = skip_space_right(text, end);
    // The search goes on right after the token's own text, so a token of white space may be found in the white space
    // that this one takes with it: both are kept, as the reference implementation has it.
    if (begin > done) out.push_back({done, begin, -1});
    out.push_back({begin, end, token.id});
    done = end;
  }
  if (done < text.size()) out.push_back({done, text.size(), -1});
}

}  // namespace hanok
