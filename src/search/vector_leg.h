// The vector leg: what makes vectors, and the exact scan over those of an index.
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

// The similarity of the query with every chunk of the snapshot; kNoVector where the chunk has none or was removed.
inline constexpr float kNoVector = -2.0f;  // below every cosine
std::vector<float> scan_vectors(const Snapshot& snapshot, std::span<const float> query, ThreadPool& pool,
                                DotRows dot_rows);

}  // namespace hanok
