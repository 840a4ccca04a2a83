// Several sequences of unequal depth that go through a model in the same forward passes, or one alone.
#pragma once

#include <cmath>
#include <cstring>
#include <numeric>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "model/model.h"

namespace hanok {

// A sequence's tokens in parts, each of which enters one forward pass: what came before, a few, and one more.
using Parts = std::vector<std::vector<int32_t>>;

inline std::vector<Parts> some_sequences(size_t n, int64_t vocab) {
  std::vector<Parts> sequences;
  for (size_t i = 0; i < n; ++i) {
    const size_t depth = i == 1 ? 72 : (5 + 7 * i) % 29;  // 72: into a second block of keys; one of 32 is 0
    Parts parts;
    size_t n_done = 0;
    for (const size_t n_tokens : {depth, 1 + i % 3, size_t{1}}) {
      std::vector<int32_t>& part = parts.emplace_back();
      for (size_t t = 0; t < n_tokens; ++t, ++n_done)
        part.push_back(
            static_cast<int32_t>((i * 131 + n_done * n_done * 17 + n_done * 5) % static_cast<size_t>(vocab)));
    }
    sequences.push_back(std::move(parts));
  }
  return sequences;
}

// The logits after every token of each sequence; a pass takes a part of all of them.
inline std::vector<std::vector<float>> logits_of(const Model& model, const ExecContext& ctx, KvType kv,
                                                 std::span<const Parts> sequences) {
  const auto vocab = static_cast<size_t>(model.info().vocab);
  std::vector<KvCache> caches;
  for (size_t i = 0; i < sequences.size(); ++i) caches.emplace_back(model.kv_shape(), kv, 128);
  std::vector<std::vector<float>> logits(sequences.size());
  Workspace work;
  for (size_t part = 0; part < sequences[0].size(); ++part) {
    std::vector<int32_t> tokens, positions;
    std::vector<AttentionSegment> segments;
    for (size_t i = 0; i < sequences.size(); ++i) {
      const std::vector<int32_t>& ids = sequences[i][part];
      const int64_t first_pos = caches[i].n_tokens();
      if (ids.empty()) continue;
      segments.push_back(
          {&caches[i], static_cast<int64_t>(tokens.size()), static_cast<int64_t>(ids.size()), first_pos});
      for (size_t t = 0; t < ids.size(); ++t)
        positions.push_back(static_cast<int32_t>(first_pos) + static_cast<int32_t>(t));
      tokens.insert(tokens.end(), ids.begin(), ids.end());
    }
    if (tokens.empty()) continue;
    std::vector<int64_t> rows(tokens.size());
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<float> all(rows.size() * vocab);
    model.forward(ctx, {tokens, positions, segments, rows}, work, all.data());
    const float* next = all.data();
    for (size_t i = 0; i < sequences.size(); ++i) {
      const size_t n = sequences[i][part].size() * vocab;
      logits[i].insert(logits[i].end(), next, next + n);
      next += n;
    }
  }
  return logits;
}

// 2, 8 and 32 sequences together: each has the logits that it has alone, to the bit.
inline void expect_sequences_as_if_alone(const Model& model, const KernelTable& kernels) {
  ThreadPool one(1), two(2);
  const std::vector<Parts> sequences = some_sequences(32, model.info().vocab);
  for (const KvType kv : {KvType::kF16, KvType::kQ8}) {
    std::vector<std::vector<float>> alone;
    for (const Parts& sequence : sequences)
      alone.push_back(logits_of(model, {one, kernels}, kv, std::span(&sequence, 1))[0]);
    for (size_t i = 0; i < alone.size(); ++i) {
      ASSERT_TRUE(std::isfinite(std::accumulate(alone[i].begin(), alone[i].end(), 0.0f))) << i;
      ASSERT_NE(alone[i].back(), alone[(i + 1) % alone.size()].back()) << i;  // a mix-up would be seen
    }
    for (const size_t n : {2, 8, 32}) {
      const auto together = logits_of(model, {two, kernels}, kv, std::span(sequences).first(n));
      for (size_t i = 0; i < n; ++i) {
        ASSERT_EQ(together[i].size(), alone[i].size());
        EXPECT_EQ(std::memcmp(together[i].data(), alone[i].data(), alone[i].size() * sizeof(float)), 0)
            << "sequence " << i << " of " << n << (kv == KvType::kQ8 ? ", q8" : ", f16");
      }
    }
  }
}

}  // namespace hanok
