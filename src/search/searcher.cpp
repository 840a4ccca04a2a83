#include "search/searcher.h"

#include <algorithm>
#include <map>

#include "search/terms.h"

namespace hanok {
namespace {

constexpr size_t kMostOthers = 20;

}  // namespace

Searcher::Searcher(const Snapshot& snapshot, const LexicalOptions& lexical, ThreadPool& pool, DotRows dot_rows)
    : snapshot_(snapshot), lexical_(snapshot, lexical), pool_(pool), dot_rows_(dot_rows) {
  uint32_t first = 0;
  for (const LiveSegment& live : snapshot.segments) {
    firsts_.push_back(first);
    first += live.segment->n_chunks();
  }
}

Searcher::ChunkId Searcher::id_of(uint32_t chunk) const {
  const auto behind = std::upper_bound(firsts_.begin(), firsts_.end(), chunk);
  const auto segment_idx = static_cast<size_t>(behind - firsts_.begin()) - 1;
  return {segment_idx, chunk - firsts_[segment_idx]};
}

std::vector<bool> Searcher::allowed_chunks(const std::vector<std::vector<bool>>& documents) const {
  std::vector<bool> allowed;
  for (size_t s = 0; s < snapshot_.segments.size(); ++s) {
    const Segment& segment = *snapshot_.segments[s].segment;
    for (uint32_t i = 0; i < segment.n_chunks(); ++i) {
      const ChunkEntry chunk = segment.chunk(i);
      bool any = false;
      for (uint32_t p = chunk.first_place; p < chunk.first_place + chunk.n_places && !any; ++p)
        any = documents[s][segment.document_of_place(p)];
      allowed.push_back(any);
    }
  }
  return allowed;
}

Result<float> Searcher::weight_of_vectors(const std::vector<std::string>& terms, std::span<const float> words) const {
  HANOK_TRY(const float full, lexical_.full_score(terms));
  const float best = words.empty() ? 0 : *std::max_element(words.begin(), words.end());
  return vector_weight_for(full > 0 ? best / full : 0);
}

Result<std::vector<RankedChunk>> Searcher::rank(std::string_view query, std::span<const float> query_vector,
                                                const SearchOptions& options, const std::vector<bool>& allowed) const {
  const size_t n_candidates = std::max(options.n_candidates, 2 * options.n_results);
  const auto is_allowed =
      allowed.empty() ? std::function<bool(uint32_t)>() : [&](uint32_t chunk) { return allowed[chunk]; };
  const bool has_vector = !query_vector.empty() && options.legs != SearchLegs::kLexical;
  const bool has_words = options.legs != SearchLegs::kVector;
  const std::vector<std::string> terms = query_terms(query);
  if (terms.empty()) return std::vector<RankedChunk>();  // what asks nothing is near to nothing
  std::vector<float> words, vectors;
  if (has_words) {
    HANOK_TRY(words, lexical_.score(terms));
  }
  const Leg lexical{words, 0.0f};
  if (has_vector) {
    // The sum needs both scores of whatever either leg puts forward.
    std::vector<uint32_t> also;
    if (has_graphs(snapshot_)) also = best_chunks(lexical, n_candidates, is_allowed);
    const VectorQuery near{query_vector, n_candidates, allowed, also, options.always_walks};
    HANOK_TRY(vectors, score_vectors(snapshot_, near, pool_, dot_rows_));
  }
  const Leg vector{vectors, kNoVector};
  if (has_words && has_vector) {
    float weight = options.vector_weight.value_or(0);
    if (!options.vector_weight) {
      HANOK_TRY(weight, weight_of_vectors(terms, words));
    }
    return fuse(lexical, vector, n_candidates, weight, is_allowed);
  }
  return has_vector ? rank_one(vector, false, n_candidates, is_allowed)
                    : rank_one(lexical, true, n_candidates, is_allowed);
}

std::vector<FoundPlace> Searcher::places_of(ChunkId id, const std::vector<bool>& documents) const {
  const Segment& segment = *snapshot_.segments[id.segment_idx].segment;
  const ChunkEntry chunk = segment.chunk(id.chunk_idx);
  std::vector<FoundPlace> places;
  for (uint32_t p = chunk.first_place; p < chunk.first_place + chunk.n_places; ++p) {
    if (!documents[segment.document_of_place(p)]) continue;
    const ChunkPlace place = segment.place(p);
    DocumentEntry document = segment.document(place.document);
    places.push_back({document_path(snapshot_.manifest, document), std::move(document.title),
                      std::move(document.format), place.heading, place.page, place.last_page, place.begin, place.end});
    if (places.size() > kMostOthers) break;
  }
  return places;
}

Result<std::vector<SearchResult>> Searcher::search(std::string_view query, std::span<const float> query_vector,
                                                   const SearchOptions& options) const {
  HANOK_TRY(const std::vector<std::vector<bool>> documents, documents_passing(snapshot_, options.filter));
  const std::vector<bool> allowed = options.filter.is_empty() ? std::vector<bool>() : allowed_chunks(documents);
  HANOK_TRY(const std::vector<RankedChunk> ranked, rank(query, query_vector, options, allowed));
  std::vector<SearchResult> results;
  std::multimap<uint64_t, size_t> by_hash;  // the same text in several segments is one result
  for (const RankedChunk& r : ranked) {
    const ChunkId id = id_of(r.chunk);
    const Segment& segment = *snapshot_.segments[id.segment_idx].segment;
    std::vector<FoundPlace> places = places_of(id, documents[id.segment_idx]);
    if (places.empty()) continue;
    const uint64_t hash = segment.chunk(id.chunk_idx).hash;
    HANOK_TRY(std::string text, segment.text(id.chunk_idx));
    const auto [first, last] = by_hash.equal_range(hash);
    const auto same = std::find_if(first, last, [&](const auto& e) { return results[e.second].text == text; });
    if (same != last) {
      std::vector<FoundPlace>& others = results[same->second].others;
      std::move(places.begin(), places.end(), std::back_inserter(others));
      continue;
    }
    if (results.size() == options.n_results) break;
    SearchResult result{std::move(places.front()), {}, std::move(text), r.score, r.lexical, r.vector};
    result.others.assign(std::make_move_iterator(places.begin() + 1), std::make_move_iterator(places.end()));
    by_hash.emplace(hash, results.size());
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace hanok
