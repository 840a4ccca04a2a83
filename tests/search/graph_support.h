// What the tests of graphs share: segments of vectors that lie in clusters, and the scan that graphs are held against.
#pragma once

#include <random>

#include "search/graph_builder.h"
#include "search/support.h"

namespace hanok::testing {

using Vectors = std::vector<std::vector<float>>;

// Of length one, each near one of n_centres.
inline Vectors clustered_vectors(size_t n, size_t dim, size_t n_centres, unsigned seed) {
  std::mt19937 centres(7), random(seed);  // the centres are the same whatever the seed
  std::normal_distribution<float> normal;
  Vectors middles(n_centres, std::vector<float>(dim));
  for (auto& middle : middles)
    for (float& x : middle) x = normal(centres);
  Vectors out;
  for (size_t i = 0; i < n; ++i) {
    std::vector<float> vector = middles[random() % n_centres];
    double squares = 1e-9;
    for (float& x : vector) x += 0.5f * normal(random), squares += static_cast<double>(x) * x;
    for (float& x : vector) x = static_cast<float>(x / std::sqrt(squares));
    out.push_back(std::move(vector));
  }
  return out;
}

// One passage a vector, ten to a document; an empty vector: the passage has none.
inline void add_vectors(SegmentBuilder& builder, const Vectors& vectors) {
  const size_t first = builder.n_chunks();
  for (size_t i = 0; i < vectors.size(); i += 10) {
    std::vector<NewChunk> chunks;
    for (size_t k = i; k < std::min(i + 10, vectors.size()); ++k)
      chunks.push_back(passage("대목 " + std::to_string(first + k)));
    builder.add(document("폴더" + std::to_string(i / 10 % 4) + "/" + std::to_string(first + i) + ".txt"), chunks);
  }
  for (size_t i = 0; i < vectors.size(); ++i)
    if (!vectors[i].empty()) builder.set_vector(first + i, vectors[i]);
}

inline std::string vectors_segment(const Vectors& vectors, uint32_t dim) {
  SegmentBuilder builder;
  add_vectors(builder, vectors);
  return segment_bytes(builder, dim);
}

inline std::vector<GraphLayerData> layers_of(const Segment& segment, int n_threads = 2, Isa isa = Isa::kPortable) {
  ThreadPool pool(n_threads);
  auto layers = build_graph(segment.vector_rows(), pool, dot_rows_for(isa));
  EXPECT_TRUE(layers);
  return std::move(*layers);
}

inline std::string graph_bytes(const std::vector<GraphLayerData>& layers, const Segment& segment) {
  std::string bytes;
  EXPECT_TRUE(write_graph(layers, segment, [&](std::string_view piece) -> Status {
    bytes += piece;
    return {};
  }));
  return bytes;
}

// The n nearest that pass, by comparing all.
inline std::vector<NearChunk> scanned(const VectorRows& rows, const QueryCodes& query, size_t n,
                                      const std::function<bool(uint32_t)>& passes = {}) {
  std::vector<NearChunk> all;
  for (uint32_t i = 0; i < rows.n_rows; ++i)
    if (rows.scale(i) != 0 && (!passes || passes(i)))
      all.push_back({similarity(rows, query.view(), i, dot_rows_portable), i});
  std::sort(all.begin(), all.end(), [](const NearChunk& a, const NearChunk& b) { return a.similarity > b.similarity; });
  all.resize(std::min(all.size(), n));
  return all;
}

// The share of the exact ones that were found.
inline double recall(const std::vector<NearChunk>& exact, const std::vector<NearChunk>& found) {
  size_t n = 0;
  for (size_t i = 0; i < std::min(exact.size(), found.size()); ++i)
    n += found[i].similarity >= exact.back().similarity ? 1 : 0;
  return static_cast<double>(n) / static_cast<double>(exact.size());
}

}  // namespace hanok::testing
