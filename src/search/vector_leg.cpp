#include "search/vector_leg.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace hanok {
namespace {

constexpr int64_t kRowsAtOnce = 2048;
constexpr size_t kBeamOfWanted = 2;  // hits kept while walking, for each that is wanted
// Measured by search_graph_bench: a walk costs as much as scanning so many rows for each hit that it keeps, and for
// each node that it looks at.
constexpr double kRowsOfHit = 150;
constexpr size_t kRowsOfSeen = 8;

// Which chunks of a segment may be found.
class Passing {
 public:
  Passing(const LiveSegment& live, const std::vector<bool>& allowed, size_t first_chunk)
      : live_(live), allowed_(allowed), first_chunk_(first_chunk) {}
  bool all() const { return live_.all_live() && allowed_.empty(); }
  bool operator()(uint32_t chunk) const {
    return live_.live(chunk) && (allowed_.empty() || allowed_[first_chunk_ + chunk]);
  }
  uint32_t count() const {
    if (allowed_.empty()) return live_.n_live_chunks;
    uint32_t n = 0;
    for (uint32_t i = 0; i < live_.segment->n_chunks(); ++i) n += (*this)(i) ? 1 : 0;
    return n;
  }

 private:
  const LiveSegment& live_;
  const std::vector<bool>& allowed_;
  size_t first_chunk_;
};

float score_of(float similarity, float scale) {
  return scale == 0 ? kNoVector : similarity;
}

// Compares the query with every chunk that passes.
void scan(const VectorRows& rows, const Passing& passes, const CodedVector& query, ThreadPool& pool, DotRows dot_rows,
          float* out) {
  const bool all = passes.all();
  pool.run((int64_t{rows.n_rows} + kRowsAtOnce - 1) / kRowsAtOnce, [&](int64_t part, int) {
    int32_t dots[kRowsAtOnce];
    const auto end = static_cast<uint32_t>(std::min<int64_t>((part + 1) * kRowsAtOnce, rows.n_rows));
    for (auto first = static_cast<uint32_t>(part * kRowsAtOnce); first < end;) {
      if (!all && !passes(first)) {
        ++first;
        continue;
      }
      uint32_t last = all ? end : first + 1;  // behind the run of rows that pass
      while (last < end && passes(last)) ++last;
      dot_rows(query.codes, rows.row(first), last - first, rows.dim, dots);
      for (uint32_t i = first; i < last; ++i)
        out[i] = score_of(similarity_of(query.scale, rows.scale(i), dots[i - first]), rows.scale(i));
      first = last;
    }
  });
}

// Whether a walk that keeps n_beam hits is less work than scanning those that pass.
bool is_walk_shorter(size_t n_beam, uint32_t n_passing, uint32_t n_all) {
  const double share = static_cast<double>(n_passing) / std::max(1u, n_all);
  return static_cast<double>(n_passing) * share > kRowsOfHit * static_cast<double>(n_beam);
}

// False where the graph is no help: few pass, they lie far from the query, or it leads to too few of them. The scan
// that follows misses nothing.
Result<bool> walk(const LiveSegment& live, const Passing& passes, const CodedVector& codes, const VectorQuery& query,
                  DotRows dot_rows, float* out) {
  const VectorRows rows = live.segment->vector_rows();
  WalkOptions options;
  options.n_beam = kBeamOfWanted * query.n_nearest;
  const uint32_t n_passing = passes.count();
  if (!query.always_walks) {
    if (!is_walk_shorter(options.n_beam, n_passing, rows.n_rows)) return false;
    options.most_seen = n_passing / kRowsOfSeen;
  }
  if (!passes.all()) options.passes = passes;
  HANOK_TRY(const auto near, live.graph->nearest(rows, codes, options, dot_rows));
  if (!near || near->size() < query.n_nearest) return false;
  for (const NearChunk& n : *near) out[n.chunk] = n.similarity;
  return true;
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

uint64_t n_without_vectors(const Snapshot& snapshot) {
  uint64_t n = 0;
  for (const LiveSegment& live : snapshot.segments) {
    const bool has_some = live.segment->dim() > 0 && live.segment->dim() == snapshot.manifest.dim;
    for (uint32_t i = 0; i < live.segment->n_chunks(); ++i)
      n += live.live(i) && !(has_some && live.segment->vector_scale(i) != 0) ? 1 : 0;
  }
  return n;
}

bool has_graphs(const Snapshot& snapshot) {
  return std::any_of(snapshot.segments.begin(), snapshot.segments.end(),
                     [](const LiveSegment& live) { return live.graph != nullptr; });
}

Result<std::vector<float>> score_vectors(const Snapshot& snapshot, const VectorQuery& query, ThreadPool& pool,
                                         DotRows dot_rows) {
  std::vector<float> scores;
  const QueryCodes codes(query.vector);
  for (const LiveSegment& live : snapshot.segments) {
    const size_t first = scores.size();
    scores.resize(first + live.segment->n_chunks(), kNoVector);
    if (live.segment->dim() != query.vector.size()) continue;
    const VectorRows rows = live.segment->vector_rows();
    const Passing passes(live, query.allowed, first);
    bool is_walked = false;
    if (live.graph) {
      HANOK_TRY(is_walked, walk(live, passes, codes.view(), query, dot_rows, scores.data() + first));
    }
    if (!is_walked) scan(rows, passes, codes.view(), pool, dot_rows, scores.data() + first);
    for (const uint32_t chunk : query.also)
      if (is_walked && chunk >= first && chunk < scores.size())
        scores[chunk] = score_of(similarity(rows, codes.view(), chunk - static_cast<uint32_t>(first), dot_rows),
                                 rows.scale(chunk - static_cast<uint32_t>(first)));
  }
  return scores;
}

}  // namespace hanok
