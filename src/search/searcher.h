// Answers queries over a snapshot of a collection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/filter.h"
#include "search/fusion.h"
#include "search/lexical.h"
#include "search/vector_leg.h"

namespace hanok {

enum class SearchLegs { kBoth, kLexical, kVector };

struct SearchOptions {
  size_t n_results = 10;
  size_t n_candidates = 100;           // that each leg puts forward, at least
  std::optional<float> vector_weight;  // 0 to 1; without it vector_weight_for() decides
  SearchLegs legs = SearchLegs::kBoth;
  SearchFilter filter;
  bool always_walks = false;  // graphs, also where a scan is less work: to measure them
};

struct FoundPlace {
  std::string file;  // its absolute path, bytes of the file system
  std::string title, format, heading;
  BlockPage page;               // where it begins
  int last_page = 0;            // where it ends
  uint32_t begin = 0, end = 0;  // in characters of the document's text
};

struct SearchResult {
  FoundPlace place;
  std::vector<FoundPlace> others;  // where the same text stands too
  std::string text;
  float score = 0;
  std::optional<LegScore> lexical, vector;
};

class Searcher {
 public:
  // The snapshot and the pool must outlive it.
  Searcher(const Snapshot& snapshot, const LexicalOptions& lexical, ThreadPool& pool, DotRows dot_rows);

  // Best first. An empty query_vector searches lexically only. Errors: kCorruptFile; those of documents_passing().
  Result<std::vector<SearchResult>> search(std::string_view query, std::span<const float> query_vector,
                                           const SearchOptions& options) const;
  // The same without texts and files: chunks are numbered through, segment by segment.
  Result<std::vector<RankedChunk>> rank(std::string_view query, std::span<const float> query_vector,
                                        const SearchOptions& options, const std::vector<bool>& allowed = {}) const;

 private:
  struct ChunkId {
    size_t segment_idx;
    uint32_t chunk_idx;
  };
  ChunkId id_of(uint32_t chunk) const;
  Result<float> weight_of_vectors(const std::vector<std::string>& terms, std::span<const float> words) const;
  std::vector<bool> allowed_chunks(const std::vector<std::vector<bool>>& documents) const;
  std::vector<FoundPlace> places_of(ChunkId id, const std::vector<bool>& documents) const;

  const Snapshot& snapshot_;
  LexicalScorer lexical_;
  ThreadPool& pool_;
  DotRows dot_rows_;
  std::vector<uint32_t> firsts_;  // of each segment, its first chunk's number
};

}  // namespace hanok
