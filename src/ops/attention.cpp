#include "ops/attention.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/check.h"

namespace hanok {
namespace {

constexpr int64_t kTileRows = 16;    // query positions that share a pass over the keys
constexpr int64_t kSplitKeys = 512;  // keys of one part; the parts of a row are merged in order
constexpr float kLowest = -1e30f;

// One piece of work: some rows of a segment, one group of heads, one part of the keys.
struct Item {
  const AttentionSegment* segment;
  int64_t first_row, n_rows;  // within the segment
  int kv_head;
  int64_t first_key, last_key;
  size_t result;  // index of its first partial result
};

// Partial results: per query max, sum and the unnormalised [head_dim] sum of values.
struct Partials {
  std::vector<float> max, sum, acc;
};

struct Scratch {
  AlignedBuffer<float> q, k, v;
  std::vector<int32_t> first, last;
};

void run_item(const ExecContext& ctx, const Item& item, const float* q, int n_heads, int layer_idx,
              const AttentionParams& params, Partials& partials, Scratch& s) {
  const KvCache& cache = *item.segment->cache;
  const int64_t d = cache.shape().head_dim, group = n_heads / cache.shape().n_kv_heads, n_q = item.n_rows * group;
  s.q.reserve(static_cast<size_t>(n_q * d));
  s.k.reserve(static_cast<size_t>(kKvBlockTokens * d));
  s.v.reserve(static_cast<size_t>(kKvBlockTokens * d));
  s.first.resize(static_cast<size_t>(n_q));
  s.last.resize(static_cast<size_t>(n_q));
  for (int64_t r = 0; r < item.n_rows; ++r) {
    const float* row = q + ((item.segment->first_row + item.first_row + r) * n_heads + item.kv_head * group) * d;
    std::memcpy(s.q.data() + r * group * d, row, sizeof(float) * static_cast<size_t>(group * d));
  }
  float* max = partials.max.data() + item.result;
  float* sum = partials.sum.data() + item.result;
  float* acc = partials.acc.data() + item.result * static_cast<size_t>(d);
  for (int64_t block = item.first_key / kKvBlockTokens; block * kKvBlockTokens < item.last_key; ++block) {
    const int64_t base = block * kKvBlockTokens, n_keys = std::min(kKvBlockTokens, item.last_key - base);
    bool any = false;
    for (int64_t i = 0; i < n_q; ++i) {
      const int64_t pos = item.segment->first_pos + item.first_row + i / group;
      const int64_t first = params.window > 0 ? std::max<int64_t>(0, pos - params.window + 1) : 0;
      s.first[static_cast<size_t>(i)] = static_cast<int32_t>(std::clamp<int64_t>(first - base, 0, n_keys));
      s.last[static_cast<size_t>(i)] = static_cast<int32_t>(std::clamp<int64_t>(pos + 1 - base, 0, n_keys));
      any |= s.first[static_cast<size_t>(i)] < s.last[static_cast<size_t>(i)];
    }
    if (!any) continue;
    cache.read(ctx, layer_idx, item.kv_head, block, n_keys, false, s.k.data());
    cache.read(ctx, layer_idx, item.kv_head, block, n_keys, true, s.v.data());
    ctx.kernels.vec.attend_block(s.q.data(), s.k.data(), s.v.data(), n_q, d, s.first.data(), s.last.data(),
                                 params.scale, params.softcap, max, sum, acc);
  }
}

// Keys up to the last row of the tile, in parts at fixed positions; parts that a window hides are left out.
void add_items(const AttentionSegment& segment, int64_t first_row, int64_t n_rows, int kv_head, int64_t group,
               const AttentionParams& params, std::vector<Item>& items, size_t& n_results) {
  const int64_t n_keys = segment.first_pos + first_row + n_rows;
  const int64_t oldest =
      params.window > 0 ? std::max<int64_t>(0, segment.first_pos + first_row - params.window + 1) : 0;
  for (int64_t key = oldest / kSplitKeys * kSplitKeys; key < n_keys; key += kSplitKeys) {
    items.push_back({&segment, first_row, n_rows, kv_head, key, std::min(n_keys, key + kSplitKeys), n_results});
    n_results += static_cast<size_t>(n_rows * group);
  }
}

// Adds the partial result `from` to the running one, weighting both by their largest score.
void merge(const Partials& p, size_t from, int64_t d, float& max, float& sum, float* acc) {
  if (p.sum[from] == 0) return;
  const float largest = std::max(max, p.max[from]);
  const float keep = sum == 0 ? 0.0f : __builtin_expf(max - largest), take = __builtin_expf(p.max[from] - largest);
  const float* other = p.acc.data() + from * static_cast<size_t>(d);
  for (int64_t i = 0; i < d; ++i) acc[i] = acc[i] * keep + other[i] * take;
  sum = sum * keep + p.sum[from] * take;
  max = largest;
}

}  // namespace

void attention(const ExecContext& ctx, const float* q, int n_heads, int layer_idx,
               std::span<const AttentionSegment> segments, const AttentionParams& params, float* out) {
  if (segments.empty()) return;
  const KvCache::Shape shape = segments[0].cache->shape();
  HANOK_CHECK(n_heads % shape.n_kv_heads == 0, "heads divide into groups");
  const int64_t d = shape.head_dim, group = n_heads / shape.n_kv_heads;
  std::vector<Item> items;
  std::vector<size_t> tile_ends;  // items of one tile of rows are consecutive
  size_t n_results = 0;
  for (const AttentionSegment& segment : segments)
    for (int64_t row = 0; row < segment.n_rows; row += kTileRows)
      for (int head = 0; head < shape.n_kv_heads; ++head) {
        add_items(segment, row, std::min(kTileRows, segment.n_rows - row), head, group, params, items, n_results);
        tile_ends.push_back(items.size());
      }
  Partials partials{std::vector<float>(n_results, kLowest), std::vector<float>(n_results),
                    std::vector<float>(n_results * static_cast<size_t>(d))};
  ctx.pool.run(static_cast<int64_t>(items.size()), [&](int64_t i, int) {
    thread_local Scratch scratch;
    run_item(ctx, items[static_cast<size_t>(i)], q, n_heads, layer_idx, params, partials, scratch);
  });
  ctx.pool.run(static_cast<int64_t>(tile_ends.size()), [&](int64_t tile, int) {
    const size_t begin = tile == 0 ? 0 : tile_ends[static_cast<size_t>(tile) - 1],
                 end = tile_ends[static_cast<size_t>(tile)];
    const Item& first = items[begin];
    for (int64_t i = 0; i < first.n_rows * group; ++i) {
      float* row =
          out +
          ((first.segment->first_row + first.first_row + i / group) * n_heads + first.kv_head * group + i % group) * d;
      std::fill_n(row, d, 0.0f);
      float max = kLowest, sum = 0;
      for (size_t j = begin; j < end; ++j) merge(partials, items[j].result + static_cast<size_t>(i), d, max, sum, row);
      const float inverse = sum > 0 ? 1.0f / sum : 0.0f;
      for (int64_t k = 0; k < d; ++k) row[k] *= inverse;
    }
  });
}

}  // namespace hanok
