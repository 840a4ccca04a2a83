#include "search/fusion.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace hanok {
namespace {

// What has no such words is worse than all that has; what has no vector yet may be anything.
enum class Unknown { kLeast, kMean };

// Scores of the union; those that are no hits as the least that is one, or as NAN.
std::vector<double> scores_of(const Leg& leg, std::span<const RankedChunk> chunks, Unknown unknown) {
  std::vector<double> scores;
  double least = INFINITY;
  for (const RankedChunk& c : chunks)
    if (const float s = leg.scores[c.chunk]; s > leg.floor) least = std::min<double>(least, s);
  const double other = unknown == Unknown::kMean ? NAN : std::isfinite(least) ? least : 0;
  for (const RankedChunk& c : chunks) {
    const float s = leg.scores[c.chunk];
    scores.push_back(s > leg.floor ? s : other);
  }
  return scores;
}

// NAN becomes the mean of the others.
void standardise(std::vector<double>& scores) {
  double sum = 0, squares = 0, n = 0;
  for (const double s : scores)
    if (!std::isnan(s)) sum += s, ++n;
  const double mean = n > 0 ? sum / n : 0;
  for (const double s : scores)
    if (!std::isnan(s)) squares += (s - mean) * (s - mean);
  const double deviation = n > 0 ? std::sqrt(squares / n) : 0;
  for (double& s : scores) s = deviation > 1e-12 && !std::isnan(s) ? (s - mean) / deviation : 0;
}

void sort_ranked(std::vector<RankedChunk>& chunks) {
  std::sort(chunks.begin(), chunks.end(), [](const RankedChunk& a, const RankedChunk& b) {
    return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
  });
}

}  // namespace

std::vector<uint32_t> best_chunks(const Leg& leg, size_t n, const std::function<bool(uint32_t)>& allowed) {
  struct Hit {
    float score;
    uint32_t chunk;
  };
  const auto is_better = [](const Hit& a, const Hit& b) {
    return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
  };
  std::vector<Hit> heap;  // its front is the worst
  for (size_t i = 0; n > 0 && i < leg.scores.size(); ++i) {
    const Hit hit{leg.scores[i], static_cast<uint32_t>(i)};
    if (!(hit.score > leg.floor) || (heap.size() == n && !is_better(hit, heap.front()))) continue;
    if (allowed && !allowed(hit.chunk)) continue;
    if (heap.size() == n) {
      std::pop_heap(heap.begin(), heap.end(), is_better);
      heap.pop_back();
    }
    heap.push_back(hit);
    std::push_heap(heap.begin(), heap.end(), is_better);
  }
  std::sort_heap(heap.begin(), heap.end(), is_better);
  std::vector<uint32_t> chunks;
  for (const Hit& hit : heap) chunks.push_back(hit.chunk);
  return chunks;
}

float vector_weight_for(float held_share) {
  constexpr float kFew = 0.2f, kMost = 0.6f, kWeightOfFew = 0.7f, kWeightOfMost = 0.4f;
  const float at = std::clamp((held_share - kFew) / (kMost - kFew), 0.0f, 1.0f);
  return kWeightOfFew + (kWeightOfMost - kWeightOfFew) * at;
}

std::vector<RankedChunk> rank_one(const Leg& leg, bool is_lexical, size_t n_candidates,
                                  const std::function<bool(uint32_t)>& allowed) {
  std::vector<RankedChunk> out;
  for (const uint32_t chunk : best_chunks(leg, n_candidates, allowed)) {
    RankedChunk ranked{chunk, leg.scores[chunk], {}, {}};
    (is_lexical ? ranked.lexical : ranked.vector) = {ranked.score, static_cast<uint32_t>(out.size() + 1)};
    out.push_back(ranked);
  }
  return out;
}

std::vector<RankedChunk> fuse(const Leg& lexical, const Leg& vector, size_t n_candidates, float vector_weight,
                              const std::function<bool(uint32_t)>& allowed) {
  std::map<uint32_t, RankedChunk> by_chunk;
  for (const RankedChunk& c : rank_one(lexical, true, n_candidates, allowed)) by_chunk[c.chunk] = c;
  for (const RankedChunk& c : rank_one(vector, false, n_candidates, allowed)) {
    RankedChunk& both = by_chunk[c.chunk];
    both.chunk = c.chunk;
    both.vector = c.vector;
  }
  std::vector<RankedChunk> out;
  for (auto& [chunk, ranked] : by_chunk) {
    if (!ranked.lexical && lexical.scores[chunk] > lexical.floor) ranked.lexical = {lexical.scores[chunk], 0};
    if (!ranked.vector && vector.scores[chunk] > vector.floor) ranked.vector = {vector.scores[chunk], 0};
    out.push_back(ranked);
  }
  if (out.empty()) return out;
  std::vector<double> words = scores_of(lexical, out, Unknown::kLeast);
  std::vector<double> vectors = scores_of(vector, out, Unknown::kMean);
  standardise(words);
  standardise(vectors);
  const double w = static_cast<double>(vector_weight);
  for (size_t i = 0; i < out.size(); ++i) out[i].score = static_cast<float>((1 - w) * words[i] + w * vectors[i]);
  sort_ranked(out);
  return out;
}

}  // namespace hanok
