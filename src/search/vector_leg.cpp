#include "search/vector_leg.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace hanok {
namespace {

constexpr int64_t kRowsAtOnce = 2048;

struct Codes {
  std::vector<int8_t> values;
  float scale = 0;
};

Codes quantised(std::span<const float> vector) {
  Codes codes{std::vector<int8_t>(vector.size()), 0};
  for (const float x : vector) codes.scale = std::max(codes.scale, std::fabs(x) / 127);
  if (codes.scale == 0) return codes;
  for (size_t i = 0; i < vector.size(); ++i) codes.values[i] = static_cast<int8_t>(std::lrint(vector[i] / codes.scale));
  return codes;
}

void scan_segment(const LiveSegment& live, const Codes& query, ThreadPool& pool, DotRows dot_rows, float* out) {
  const Segment& segment = *live.segment;
  const auto dim = static_cast<int64_t>(segment.dim());
  const int64_t n_rows = segment.n_chunks();
  const int8_t* vectors = segment.vectors().data();
  pool.run((n_rows + kRowsAtOnce - 1) / kRowsAtOnce, [&](int64_t part, int) {
    const int64_t first = part * kRowsAtOnce, n = std::min(kRowsAtOnce, n_rows - first);
    int32_t dots[kRowsAtOnce];
    dot_rows(query.values.data(), vectors + first * dim, n, dim, dots);
    for (int64_t i = 0; i < n; ++i) {
      const auto chunk = static_cast<uint32_t>(first + i);
      const float scale = segment.vector_scale(chunk);
      if (scale > 0 && std::isfinite(scale) && live.live(chunk))
        out[chunk] = query.scale * scale * static_cast<float>(dots[i]);
    }
  });
}

}  // namespace

VectorMaker vector_maker(Embedder& embedder, std::function<bool()> going_on) {
  VectorMaker maker;
  maker.id = fmt::format("{} ({})", embedder.info().name, embedder.dim());
  maker.dim = static_cast<uint32_t>(embedder.dim());
  maker.make = [&embedder, going_on = std::move(going_on)](std::span<const std::string> texts,
                                                           TextRole role) -> Result<std::vector<float>> {
    HANOK_TRY(Embeddings made, embedder.embed(texts, role, [&](size_t) { return !going_on || going_on(); }));
    return std::move(made.vectors);
  };
  return maker;
}

std::vector<float> scan_vectors(const Snapshot& snapshot, std::span<const float> query, ThreadPool& pool,
                                DotRows dot_rows) {
  std::vector<float> scores;
  const Codes codes = quantised(query);
  for (const LiveSegment& live : snapshot.segments) {
    const size_t first = scores.size();
    scores.resize(first + live.segment->n_chunks(), kNoVector);
    if (live.segment->dim() == query.size()) scan_segment(live, codes, pool, dot_rows, scores.data() + first);
  }
  return scores;
}

}  // namespace hanok
