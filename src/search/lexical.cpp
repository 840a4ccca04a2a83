#include "search/lexical.h"

#include <cmath>

#include "base/locale.h"
#include "search/terms.h"

namespace hanok {
namespace {

tl::unexpected<Error> broken_postings() {
  return fail(ErrorKind::kCorruptFile, in_language("색인이 깨졌습니다", "the index is broken"), "postings");
}

// Live chunks of the list. Error: kCorruptFile.
Result<uint64_t> count_live(const LiveSegment& live, const PostingList& list) {
  if (live.all_live()) return list.n_chunks;
  uint64_t n = 0;
  const auto count = [&](uint32_t chunk, uint32_t) { n += live.live(chunk) ? 1 : 0; };
  if (!for_each_posting(list, live.segment->n_chunks(), count)) return broken_postings();
  return n;
}

}  // namespace

LexicalScorer::LexicalScorer(const Snapshot& snapshot, const LexicalOptions& options)
    : snapshot_(snapshot), options_(options) {
  for (const LiveSegment& live : snapshot.segments) {
    n_chunks_ += live.segment->n_chunks();
    n_live_ += live.n_live_chunks;
  }
  norms_[kText] = norms(kText);
  norms_[kTitle] = norms(kTitle);
}

std::vector<float> LexicalScorer::norms(Field field) const {
  const auto length = [&](const Segment& segment, uint32_t i) {
    return field == kText ? segment.text_length(i) : segment.title_length(i);
  };
  double total = 0;
  for (const LiveSegment& live : snapshot_.segments)
    for (uint32_t i = 0; i < live.segment->n_chunks(); ++i) total += live.live(i) ? length(*live.segment, i) : 0;
  const double mean = total > 0 ? total / static_cast<double>(n_live_) : 1;
  std::vector<float> out;
  out.reserve(n_chunks_);
  const float fixed = options_.k1 * (1 - options_.b), per_term = static_cast<float>(options_.k1 * options_.b / mean);
  for (const LiveSegment& live : snapshot_.segments)
    for (uint32_t i = 0; i < live.segment->n_chunks(); ++i)
      out.push_back(fixed + per_term * static_cast<float>(length(*live.segment, i)));
  return out;
}

Status LexicalScorer::add_term(Field field, const std::string& term, std::vector<float>& scores) const {
  struct Found {
    const LiveSegment* live;
    PostingList list;
    size_t first;  // chunk of the segment
  };
  std::vector<Found> found;
  uint64_t n_holding = 0;
  size_t first = 0;
  for (const LiveSegment& live : snapshot_.segments) {
    const FieldIndex& index = field == kText ? live.segment->text_field() : live.segment->title_field();
    HANOK_TRY(const std::optional<PostingList> list, index.find(term));
    if (list) {
      HANOK_TRY(const uint64_t n, count_live(live, *list));
      n_holding += n;
      found.push_back({&live, *list, first});
    }
    first += live.segment->n_chunks();
  }
  const auto n_live = static_cast<double>(n_live_), n = static_cast<double>(n_holding);
  const double idf = std::log(1 + std::max(0.0, n_live - n + 0.5) / (n + 0.5));
  const auto weight = static_cast<float>(idf * (options_.k1 + 1) *
                                         (field == kTitle ? static_cast<double>(options_.title_weight) : 1.0));
  for (const Found& f : found) {
    float* out = scores.data() + f.first;
    const float* norm = norms_[field].data() + f.first;
    const auto add = [&](uint32_t chunk, uint32_t times) {
      const auto tf = static_cast<float>(times);
      out[chunk] += weight * tf / (tf + norm[chunk]);
    };
    if (!for_each_posting(f.list, f.live->segment->n_chunks(), add)) return broken_postings();
  }
  return {};
}

Result<float> LexicalScorer::full_score(const std::vector<std::string>& terms) const {
  double total = 0;
  for (const std::string& term : terms) {
    double n = 0;
    for (const LiveSegment& live : snapshot_.segments) {
      HANOK_TRY(const std::optional<PostingList> list, live.segment->text_field().find(term));
      if (list) n += list->n_chunks;
    }
    total += std::log(1 + std::max(0.0, static_cast<double>(n_live_) - n + 0.5) / (n + 0.5));
  }
  return static_cast<float>(total);
}

Status LexicalScorer::add_field(Field field, const std::vector<std::string>& terms, std::vector<float>& scores) const {
  for (const std::string& term : terms) HANOK_RETURN_IF_ERROR(add_term(field, term, scores));
  return {};
}

Result<std::vector<float>> LexicalScorer::score(const std::vector<std::string>& terms) const {
  std::vector<float> scores(n_chunks_, 0.0f);
  HANOK_RETURN_IF_ERROR(add_field(kText, terms, scores));
  if (options_.title_weight > 0) HANOK_RETURN_IF_ERROR(add_field(kTitle, terms, scores));
  size_t first = 0;
  for (const LiveSegment& live : snapshot_.segments) {
    if (!live.all_live())
      for (uint32_t i = 0; i < live.segment->n_chunks(); ++i)
        if (!live.live(i)) scores[first + i] = 0;
    first += live.segment->n_chunks();
  }
  return scores;
}

}  // namespace hanok
