// The vector leg: what makes vectors, and which of an index's are near a query's.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "engine/embedder.h"
#include "kernels/scan_kernels.h"
#include "search/collection.h"

namespace hanok {

// Turns texts into vectors of one length that belong together.
struct VectorMaker {
  std::string id;  // of the model: vectors of others are no use
  uint32_t dim = 0;
  std::function<Result<std::vector<float>>(std::span<const std::string> texts, TextRole role)> make;  // [n_texts, dim]
};

// `going_on` is asked after each step; false ends the work with kInterrupted. Both outlive the maker.
VectorMaker vector_maker(Embedder& embedder, std::function<bool()> going_on = {});

// Chunks of all segments are numbered through, segment by segment.
struct VectorQuery {
  std::span<const float> vector;
  size_t n_nearest = 0;              // that are wanted of each segment
  const std::vector<bool>& allowed;  // chunks that may be found; empty: all
  std::span<const uint32_t> also;    // of these the similarity is wanted in any case
  bool always_walks = false;         // graphs, also where a scan is less work
};

// Passages that have no vector yet.
uint64_t n_without_vectors(const Snapshot& snapshot);

// Whether there are segments of which score_vectors() looks at a part only.
bool has_graphs(const Snapshot& snapshot);

// The similarity of the query with chunks of the snapshot, kNoVector for the rest: exact always, but of a segment with
// a graph perhaps only of those that the graph leads to. Removed chunks and those without a vector have none. Error:
// kCorruptFile.
inline constexpr float kNoVector = -2.0f;  // below every cosine
Result<std::vector<float>> score_vectors(const Snapshot& snapshot, const VectorQuery& query, ThreadPool& pool,
                                         DotRows dot_rows);

}  // namespace hanok
