#include "ops/attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/check.h"

namespace hanok {
namespace {

constexpr int64_t kTileQueries = 96;  // queries (rows times heads of a group) that share a pass over the keys
constexpr int64_t kSplitKeys = 512;   // keys of one part; the parts of a row are merged in order
constexpr int64_t kMostPartElems = int64_t{8} << 20;  // of the sums of parts that are computed apart: 32 MiB
constexpr float kLowest = -1e30f;

// Some rows of a segment and one group of heads: rows [first_row, first_row + n_rows) of the segment see keys
// [first_key, last_key), in parts that begin at multiples of kSplitKeys.
struct Tile {
  const AttentionSegment* segment;
  int64_t first_row, n_rows;
  int kv_head;
  int64_t first_part, n_parts;
  size_t first_result;  // in Partials, where parts are computed apart
};

// Softmax states of queries: max, sum and the unnormalised [head_dim] sum of values.
struct Partials {
  AlignedBuffer<float> max, sum, acc;

  void reserve(size_t n_queries, int64_t head_dim) {
    max.reserve(n_queries);
    sum.reserve(n_queries);
    acc.reserve(n_queries * static_cast<size_t>(head_dim));
  }
  void clear(size_t first, size_t n, int64_t head_dim) {
    std::fill_n(max.data() + first, n, kLowest);
    std::fill_n(sum.data() + first, n, 0.0f);
    std::fill_n(acc.data() + first * static_cast<size_t>(head_dim), n * static_cast<size_t>(head_dim), 0.0f);
  }
};

struct Scratch {
  AlignedBuffer<float> q, block;
  std::vector<int32_t> first, last;
  Partials part;
};

struct Attention {
  const ExecContext& ctx;
  const float* q;
  int n_heads, layer_idx;
  int64_t head_dim, group;
  const AttentionParams& params;
  float* out;

  const float* query(const Tile& tile, int64_t i) const { return q + row_offset(tile, i); }
  float* result(const Tile& tile, int64_t i) const { return out + row_offset(tile, i); }

  // Where query i of a tile lies in q and out: rows first, then the group's heads.
  int64_t row_offset(const Tile& tile, int64_t i) const {
    const int64_t row = tile.segment->first_row + tile.first_row + i / group;
    return (row * n_heads + tile.kv_head * group + i % group) * head_dim;
  }

  void gather(const Tile& tile, Scratch& s) const {
    const int64_t n_q = tile.n_rows * group;
    s.q.reserve(static_cast<size_t>(n_q * head_dim));
    s.block.reserve(static_cast<size_t>(2 * kKvBlockTokens * head_dim));
    s.first.resize(static_cast<size_t>(n_q));
    s.last.resize(static_cast<size_t>(n_q));
    for (int64_t i = 0; i < n_q; i += group)
      std::memcpy(s.q.data() + i * head_dim, query(tile, i), sizeof(float) * static_cast<size_t>(group * head_dim));
  }

  // One part of the keys, for the queries gathered in s, into states [first, first + n_q) of `partials`.
  void attend_part(const Tile& tile, int64_t part, Partials& partials, size_t first, Scratch& s) const {
    const int64_t n_q = tile.n_rows * group, first_pos = tile.segment->first_pos + tile.first_row;
    const int64_t end = std::min((part + 1) * kSplitKeys, first_pos + tile.n_rows);
    partials.clear(first, static_cast<size_t>(n_q), head_dim);
    const AttentionQueries queries{s.q.data(),
                                   n_q,
                                   head_dim,
                                   params.scale,
                                   params.softcap,
                                   partials.max.data() + first,
                                   partials.sum.data() + first,
                                   partials.acc.data() + first * static_cast<size_t>(head_dim)};
    for (int64_t base = part * kSplitKeys; base < end; base += kKvBlockTokens) {
      const int64_t n_keys = std::min<int64_t>(kKvBlockTokens, end - base);
      bool any = false;
      for (int64_t i = 0; i < n_q; ++i) {
        const int64_t pos = first_pos + i / group;
        const int64_t oldest = params.window > 0 ? std::max<int64_t>(0, pos - params.window + 1) : 0;
        const auto at = static_cast<size_t>(i);
        s.first[at] = static_cast<int32_t>(std::clamp<int64_t>(oldest - base, 0, n_keys));
        s.last[at] = static_cast<int32_t>(std::clamp<int64_t>(pos + 1 - base, 0, n_keys));
        any |= s.first[at] < s.last[at];
      }
      if (!any) continue;
      KvBlock block = tile.segment->cache->block(layer_idx, tile.kv_head, base / kKvBlockTokens);
      if (base + kKvBlockTokens < end) {
        const KvBlock next = tile.segment->cache->block(layer_idx, tile.kv_head, base / kKvBlockTokens + 1);
        block.next_keys = next.keys, block.next_values = next.values;
      }
      ctx.kernels.attend_block(block, queries, s.first.data(), s.last.data(), s.block.data());
    }
  }

  // The whole tile, part after part.
  void attend_tile(const Tile& tile, Scratch& s) const {
    const int64_t n_q = tile.n_rows * group;
    gather(tile, s);
    s.part.reserve(static_cast<size_t>(2 * n_q), head_dim);
    const auto running = static_cast<size_t>(n_q);
    s.part.clear(running, running, head_dim);
    for (int64_t part = 0; part < tile.n_parts; ++part) {
      attend_part(tile, tile.first_part + part, s.part, 0, s);
      for (size_t i = 0; i < running; ++i) merge(s.part, i, s.part, running + i);
    }
    for (int64_t i = 0; i < n_q; ++i) finish(s.part, running + static_cast<size_t>(i), result(tile, i));
  }

  // Merges the parts of a tile that were computed apart, with the same steps.
  void merge_tile(const Tile& tile, const Partials& partials, Scratch& s) const {
    const int64_t n_q = tile.n_rows * group;
    s.part.reserve(1, head_dim);
    for (int64_t i = 0; i < n_q; ++i) {
      s.part.clear(0, 1, head_dim);
      for (int64_t part = 0; part < tile.n_parts; ++part)
        merge(partials, tile.first_result + static_cast<size_t>(part * n_q + i), s.part, 0);
      finish(s.part, 0, result(tile, i));
    }
  }

  // Adds the state `from` to the running one `to`, weighting both by their largest score.
  void merge(const Partials& source, size_t from, Partials& target, size_t to) const {
    if (source.sum[from] == 0) return;
    float &max = target.max[to], &sum = target.sum[to];
    const float largest = std::max(max, source.max[from]);
    const float keep = sum == 0 ? 0.0f : std::exp(max - largest), take = std::exp(source.max[from] - largest);
    const float* other = source.acc.data() + from * static_cast<size_t>(head_dim);
    float* acc = target.acc.data() + to * static_cast<size_t>(head_dim);
    for (int64_t i = 0; i < head_dim; ++i) acc[i] = acc[i] * keep + other[i] * take;
    sum = sum * keep + source.sum[from] * take;
    max = largest;
  }

  void finish(const Partials& partials, size_t i, float* row) const {
    const float inverse = partials.sum[i] > 0 ? 1.0f / partials.sum[i] : 0.0f;
    const float* acc = partials.acc.data() + i * static_cast<size_t>(head_dim);
    for (int64_t d = 0; d < head_dim; ++d) row[d] = acc[d] * inverse;
  }
};

// The tiles of all segments; parts that a window hides from the whole tile are left out.
std::vector<Tile> make_tiles(std::span<const AttentionSegment> segments, int n_kv_heads, int64_t group,
                             int64_t window) {
  std::vector<Tile> tiles;
  size_t n_results = 0;
  const int64_t tile_rows = std::max<int64_t>(1, kTileQueries / group);
  for (const AttentionSegment& segment : segments)
    for (int64_t row = 0; row < segment.n_rows; row += tile_rows) {
      const int64_t n_rows = std::min(tile_rows, segment.n_rows - row), pos = segment.first_pos + row;
      const int64_t oldest = window > 0 ? std::max<int64_t>(0, pos - window + 1) : 0;
      const int64_t first_part = oldest / kSplitKeys, n_parts = (pos + n_rows - 1) / kSplitKeys - first_part + 1;
      for (int head = 0; head < n_kv_heads; ++head) {
        tiles.push_back({&segment, row, n_rows, head, first_part, n_parts, n_results});
        n_results += static_cast<size_t>(n_parts * n_rows * group);
      }
    }
  return tiles;
}

// How many running sums the parts of all tiles make when they are computed apart.
int64_t n_results_of(const std::vector<Tile>& tiles, int64_t group) {
  const Tile& last = tiles.back();
  return static_cast<int64_t>(last.first_result) + last.n_parts * last.n_rows * group;
}

// Few tiles: their parts are work for the threads, merged afterwards.
void attend_parts(const Attention& attention, const std::vector<Tile>& tiles) {
  struct Part {
    size_t tile;
    int64_t idx;
  };
  std::vector<Part> parts;
  for (size_t i = 0; i < tiles.size(); ++i)
    for (int64_t part = 0; part < tiles[i].n_parts; ++part) parts.push_back({i, part});
  Partials partials;
  partials.reserve(static_cast<size_t>(n_results_of(tiles, attention.group)), attention.head_dim);
  ThreadPool& pool = attention.ctx.pool;
  pool.run(static_cast<int64_t>(parts.size()), [&](int64_t i, int) {
    thread_local Scratch scratch;
    const Part& part = parts[static_cast<size_t>(i)];
    const Tile& tile = tiles[part.tile];
    attention.gather(tile, scratch);
    const size_t at = tile.first_result + static_cast<size_t>(part.idx * tile.n_rows * attention.group);
    attention.attend_part(tile, tile.first_part + part.idx, partials, at, scratch);
  });
  pool.run(static_cast<int64_t>(tiles.size()), [&](int64_t i, int) {
    thread_local Scratch scratch;
    attention.merge_tile(tiles[static_cast<size_t>(i)], partials, scratch);
  });
}

}  // namespace

void attention(const ExecContext& ctx, const float* q, int n_heads, int layer_idx,
               std::span<const AttentionSegment> segments, const AttentionParams& params, float* out) {
  if (segments.empty()) return;
  const KvCache::Shape shape = segments[0].cache->shape();
  HANOK_CHECK(n_heads % shape.n_kv_heads == 0, "heads divide into groups");
  const int64_t group = n_heads / shape.n_kv_heads;
  const Attention work{ctx, q, n_heads, layer_idx, shape.head_dim, group, params, out};
  const std::vector<Tile> tiles = make_tiles(segments, shape.n_kv_heads, group, params.window);
  if (tiles.empty()) return;
  if (static_cast<int64_t>(tiles.size()) < 4 * ctx.pool.n_threads() &&
      n_results_of(tiles, group) * shape.head_dim <= kMostPartElems)
    return attend_parts(work, tiles);
  ctx.pool.run(static_cast<int64_t>(tiles.size()), [&](int64_t i, int) {
    thread_local Scratch scratch;
    work.attend_tile(tiles[static_cast<size_t>(i)], scratch);
  });
}

}  // namespace hanok
