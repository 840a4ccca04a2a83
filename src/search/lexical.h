// The lexical leg: BM25 of a chunk's text plus the weighted BM25 of its titles, over all live chunks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "search/collection.h"

namespace hanok {

struct LexicalOptions {
  float k1 = 1.2f;
  float b = 0.75f;
  float title_weight = 0.5f;
};

// Chunks of all segments are numbered through, segment by segment.
class LexicalScorer {
 public:
  // The snapshot must outlive it.
  LexicalScorer(const Snapshot& snapshot, const LexicalOptions& options);

  // Of every chunk; 0 where none of the query's terms stands or the chunk was removed. Error: kCorruptFile.
  Result<std::vector<float>> score(const std::vector<std::string>& terms) const;
  // What a text of usual length scores that holds each of the terms once. Error: kCorruptFile.
  Result<float> full_score(const std::vector<std::string>& terms) const;

 private:
  enum Field { kText, kTitle };
  // What each chunk's length adds to the times a term stands there.
  std::vector<float> norms(Field field) const;
  Status add_field(Field field, const std::vector<std::string>& terms, std::vector<float>& scores) const;
  Status add_term(Field field, const std::string& term, std::vector<float>& scores) const;

  const Snapshot& snapshot_;
  LexicalOptions options_;
  size_t n_chunks_ = 0, n_live_ = 0;
  std::vector<float> norms_[2];
};

}  // namespace hanok
