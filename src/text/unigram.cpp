#include "text/unigram.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "text/bpe.h"
#include "text/unicode.h"

namespace hanok {
namespace {

// How much worse an unknown character is than the worst token.
constexpr double kUnknownPenalty = 10;

PieceTrie trie_of(const Vocabulary& vocabulary, const std::vector<bool>& excluded) {
  std::vector<std::pair<std::string_view, int32_t>> pieces;
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    const auto at = static_cast<size_t>(id);
    if (at >= excluded.size() || !excluded[at]) pieces.emplace_back(vocabulary.piece(id), id);
  }
  return PieceTrie(std::move(pieces));
}

}  // namespace

Unigram::Unigram(std::shared_ptr<const Vocabulary> vocabulary, std::vector<double> scores, UnigramOptions options)
    : vocabulary_(std::move(vocabulary)),
      scores_(std::move(scores)),
      options_(std::move(options)),
      trie_(trie_of(*vocabulary_, options_.excluded)),
      byte_ids_(byte_fallback_ids(*vocabulary_)) {
  options_.favoured.resize(scores_.size());
  options_.excluded.resize(scores_.size());
  least_ = std::numeric_limits<double>::infinity();
  // SentencePiece starts from the least positive float, so that scores below 0 leave it there.
  greatest_ = std::numeric_limits<float>::min();
  for (size_t id = 0; id < scores_.size(); ++id) {
    // SentencePiece's bounds are those of its normal pieces alone.
    if (options_.excluded[id] || (options_.single_precision && options_.favoured[id])) continue;
    least_ = std::min(least_, scores_[id]);
    greatest_ = std::max(greatest_, scores_[id]);
  }
}

Status Unigram::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  return options_.single_precision ? encode_with<float>(piece, ids) : encode_with<double>(piece, ids);
}

template <class Score>
Status Unigram::encode_with(std::string_view piece, std::vector<int32_t>& ids) const {
  constexpr int32_t kUnknown = -1, kUnreached = -2;
  struct Best {
    Score score = 0;
    int32_t id = kUnreached;
    uint32_t n_bytes = 0;  // of the last token
  };
  thread_local std::vector<Best> best;  // by end, in bytes
  best.assign(piece.size() + 1, Best{});
  const auto offer = [&](size_t begin, size_t n_bytes, int32_t id, Score score) {
    Best& end = best[begin + n_bytes];
    const Score sum = best[begin].score + score;
    if (end.id == kUnreached || sum > end.score) end = {sum, id, static_cast<uint32_t>(n_bytes)};
  };
  const auto unknown_score = static_cast<Score>(static_cast<Score>(least_) - static_cast<Score>(kUnknownPenalty));
  for (size_t at = 0; at < piece.size();) {
    const size_t n_char = std::min(char_bytes(piece[at]), piece.size() - at);
    bool known = false;
    trie_.prefixes(0, piece.substr(at), [&](size_t n_bytes, int32_t id) {
      const auto i = static_cast<size_t>(id);
      const double favour = static_cast<double>(n_bytes) * greatest_ - 0.1;
      offer(at, n_bytes, id, static_cast<Score>(options_.favoured[i] ? favour : scores_[i]));
      known = known || n_bytes == n_char;
    });
    if (!known) offer(at, n_char, kUnknown, unknown_score);
    at += n_char;
  }

  // Backwards along the best way; neighbouring unknown characters are one.
  const auto first = static_cast<std::ptrdiff_t>(ids.size());
  for (size_t end = piece.size(); end > 0;) {
    const Best& last = best[end];
    size_t begin = end - last.n_bytes;
    const auto is_unknown = [&](int32_t id) { return id == kUnknown || (options_.unknown && id == *options_.unknown); };
    if (!is_unknown(last.id)) {
      ids.push_back(last.id);
    } else {
      while (begin > 0 && is_unknown(best[begin].id)) begin -= best[begin].n_bytes;
      const std::string_view text = piece.substr(begin, end - begin);
      if (!options_.unknown && !options_.byte_fallback) {
        return fail(ErrorKind::kUnsupported,
                    "no token stands for a part of the text and the model has none for unknowns",
                    std::string(text.substr(0, complete_utf8_prefix(text.substr(0, 40)))));
      }
      add_unknown(text, ids);
    }
    end = begin;
  }
  std::reverse(ids.begin() + first, ids.end());
  return {};
}

void Unigram::add_unknown(std::string_view text, std::vector<int32_t>& ids) const {
  if (const int32_t id = vocabulary_->find(text); id >= 0 && !options_.excluded[static_cast<size_t>(id)]) {
    ids.push_back(id);
    return;
  }
  bool bytes_known = options_.byte_fallback;
  for (const char c : text) bytes_known = bytes_known && byte_ids_[static_cast<uint8_t>(c)] >= 0;
  if (bytes_known) {
    for (size_t i = text.size(); i-- > 0;) ids.push_back(byte_ids_[static_cast<uint8_t>(text[i])]);
  } else if (options_.unknown) {
    ids.push_back(*options_.unknown);
  }
}

}  // namespace hanok
