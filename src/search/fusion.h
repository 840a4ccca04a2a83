// Puts the legs of a search together: the best of each, ranked by the sum of their standardised scores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace hanok {

// One leg's scores of all chunks; those at or below `floor` are no hits of it. What is best of the one leg must have
// its score in the other too: fuse() asks for no others.
struct Leg {
  std::span<const float> scores;
  float floor = 0;
};

struct LegScore {
  float score = 0;
  uint32_t rank = 0;  // from 1; 0 beyond the candidates
};

struct RankedChunk {
  uint32_t chunk = 0;
  float score = 0;
  std::optional<LegScore> lexical, vector;
};

// The n hits with the largest scores, best first; of equals the one with the lower number first. `allowed` may be
// empty.
std::vector<uint32_t> best_chunks(const Leg& leg, size_t n, const std::function<bool(uint32_t)>& allowed = {});

// The weight of the vectors beside the words: 0.7 where no passage holds more than a fifth of the query's words (by the
// weight of their rarity), for then it is asked in other words; 0.4 where one holds three fifths; even between.
// docs/search-quality.md shows fixed weights beside it.
float vector_weight_for(float held_share);

// The hits of one leg in their order.
std::vector<RankedChunk> rank_one(const Leg& leg, bool is_lexical, size_t n_candidates,
                                  const std::function<bool(uint32_t)>& allowed = {});

// The union of the best n_candidates of both legs, by (1 - vector_weight) times the lexical score and vector_weight
// times the vector's, each less its mean over the union and divided by its deviation there. What no word
// leads to counts as the least of the words, what has no vector as the mean of the vectors. Adding up ranks instead
// loses to the better leg (docs/search-quality.md).
std::vector<RankedChunk> fuse(const Leg& lexical, const Leg& vector, size_t n_candidates, float vector_weight,
                              const std::function<bool(uint32_t)>& allowed = {});

}  // namespace hanok
