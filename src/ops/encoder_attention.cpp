#include "ops/encoder_attention.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/aligned_buffer.h"

namespace hanok {
namespace {

constexpr int64_t kTileQueries = 96;   // queries that share a pass over the keys
constexpr int64_t kTaskQueries = 768;  // queries of one piece of work: their sequence's keys are laid out once for them
constexpr float kLowest = -1e30f;

// Some queries of one sequence and one head.
struct Task {
  RowRange sequence;
  int64_t head, first_query, n_queries;
};

struct Scratch {
  AlignedBuffer<float> keys, values;  // [n_blocks][head_dim][64], [n_blocks][64][head_dim]
  AlignedBuffer<float> q, acc, max, sum, block;
  std::vector<int32_t> first, last;
};

struct Inputs {
  const float *q, *k, *v;
  HeadShape shape;
  float scale;
  float* out;

  int64_t offset(int64_t row, int64_t head) const { return (row * shape.n_heads + head) * shape.head_dim; }
};

int64_t n_blocks_of(int64_t n_rows) {
  return (n_rows + kKvBlockTokens - 1) / kKvBlockTokens;
}

// Lays the head's keys and values of the sequence out as the kernel takes them; the last block ends in zeros.
void lay_out(const Inputs& in, const Task& task, Scratch& s) {
  const int64_t head_dim = in.shape.head_dim, block_elems = kKvBlockTokens * head_dim;
  const int64_t n_blocks = n_blocks_of(task.sequence.n_rows), n_rows = task.sequence.n_rows;
  const auto n_elems = static_cast<size_t>(n_blocks * block_elems);
  s.keys.reserve(n_elems);
  s.values.reserve(n_elems);
  std::fill_n(s.keys.data() + (n_blocks - 1) * block_elems, block_elems, 0.0f);
  std::fill_n(s.values.data() + n_rows * head_dim, n_blocks * block_elems - n_rows * head_dim, 0.0f);
  for (int64_t i = 0; i < n_rows; ++i) {
    const int64_t from = in.offset(task.sequence.first_row + i, task.head);
    float* keys = s.keys.data() + i / kKvBlockTokens * block_elems + i % kKvBlockTokens;
    for (int64_t d = 0; d < head_dim; ++d) keys[d * kKvBlockTokens] = in.k[from + d];
    std::memcpy(s.values.data() + i * head_dim, in.v + from, sizeof(float) * static_cast<size_t>(head_dim));
  }
}

void reserve_tile(int64_t head_dim, Scratch& s) {
  const auto n = static_cast<size_t>(kTileQueries), d = static_cast<size_t>(head_dim);
  s.q.reserve(n * d);
  s.acc.reserve(n * d);
  s.max.reserve(n);
  s.sum.reserve(n);
  s.block.reserve(2 * kKvBlockTokens * d);
  s.first.assign(n, 0);
  s.last.resize(n);
}

// Queries [first, first + n_q) of the task's sequence over all of its keys.
void attend_tile(const ExecContext& ctx, const Inputs& in, const Task& task, int64_t first, int64_t n_q, Scratch& s) {
  const int64_t head_dim = in.shape.head_dim, block_elems = kKvBlockTokens * head_dim;
  const size_t row_bytes = sizeof(float) * static_cast<size_t>(head_dim);
  const int64_t first_row = task.sequence.first_row + first;
  for (int64_t i = 0; i < n_q; ++i)
    std::memcpy(s.q.data() + i * head_dim, in.q + in.offset(first_row + i, task.head), row_bytes);
  std::fill_n(s.max.data(), n_q, kLowest);
  std::fill_n(s.sum.data(), n_q, 0.0f);
  std::fill_n(s.acc.data(), n_q * head_dim, 0.0f);
  const AttentionQueries queries{s.q.data(), n_q, head_dim, in.scale, 0, s.max.data(), s.sum.data(), s.acc.data()};
  for (int64_t block = 0; block < n_blocks_of(task.sequence.n_rows); ++block) {
    const int64_t n_keys = std::min<int64_t>(kKvBlockTokens, task.sequence.n_rows - block * kKvBlockTokens);
    std::fill_n(s.last.data(), n_q, static_cast<int32_t>(n_keys));
    const KvBlock keys_values{
        KvType::kF32, s.keys.data() + block * block_elems, s.values.data() + block * block_elems, nullptr, nullptr,
        nullptr};
    ctx.kernels.attend_block(keys_values, queries, s.first.data(), s.last.data(), s.block.data());
  }
  for (int64_t i = 0; i < n_q; ++i) {
    const float inverse = 1.0f / s.sum[static_cast<size_t>(i)];
    const float* acc = s.acc.data() + i * head_dim;
    float* row = in.out + in.offset(first_row + i, task.head);
    for (int64_t d = 0; d < head_dim; ++d) row[d] = acc[d] * inverse;
  }
}

}  // namespace

void encoder_attention(const ExecContext& ctx, const float* q, const float* k, const float* v, HeadShape shape,
                       std::span<const RowRange> sequences, float scale, float* out) {
  std::vector<Task> tasks;
  for (const RowRange& sequence : sequences)
    for (int64_t first = 0; first < sequence.n_rows; first += kTaskQueries)
      for (int64_t head = 0; head < shape.n_heads; ++head)
        tasks.push_back({sequence, head, first, std::min(kTaskQueries, sequence.n_rows - first)});
  const Inputs in{q, k, v, shape, scale, out};
  ctx.pool.run(static_cast<int64_t>(tasks.size()), [&](int64_t i, int) {
    thread_local Scratch scratch;
    const Task& task = tasks[static_cast<size_t>(i)];
    lay_out(in, task, scratch);
    reserve_tile(shape.head_dim, scratch);
    for (int64_t done = 0; done < task.n_queries; done += kTileQueries)
      attend_tile(ctx, in, task, task.first_query + done, std::min(kTileQueries, task.n_queries - done), scratch);
  });
}

}  // namespace hanok
