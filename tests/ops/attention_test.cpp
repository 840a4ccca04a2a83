// Attention equals softmax in double for every instruction set, cache type and shape; results do not depend on
// batching.
#include "ops/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "base/f16.h"
#include "kernels/guarded.h"
#include "kernels/isa_test.h"

namespace hanok {
namespace {

struct Case {
  int n_heads, n_kv_heads, head_dim;
  int64_t n_tokens;
  KvType type = KvType::kF32;
  int64_t window = 0;
  float softcap = 0;
};

std::vector<float> uniform(size_t n, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> dist(-1, 1);
  std::vector<float> x(n);
  for (float& value : x) value = dist(random);
  return x;
}

struct Inputs {
  explicit Inputs(const Case& c)
      : q(uniform(static_cast<size_t>(c.n_tokens * c.n_heads * c.head_dim), 1)),
        k(uniform(static_cast<size_t>(c.n_tokens * c.n_kv_heads * c.head_dim), 2)),
        v(uniform(static_cast<size_t>(c.n_tokens * c.n_kv_heads * c.head_dim), 3)) {}
  std::vector<float> q, k, v;
};

// What a cache can hold of the n values of one scale, which is rounded to a half float for keys.
void round_to_codes(float* x, int n, bool is_key) {
  float largest = 0;
  for (int i = 0; i < n; ++i) largest = std::max(largest, std::fabs(x[i]));
  const float scale = is_key ? f16_to_f32(f32_to_f16(largest / 127.0f)) : largest / 127.0f;
  const float inverse = scale > 0 ? 1 / scale : 0.0f;
  for (int i = 0; i < n; ++i) x[i] = scale * std::clamp(std::nearbyint(x[i] * inverse), -127.0f, 127.0f);
}

// What a cache of this type can hold of keys or values [n_tokens, n_kv_heads, head_dim].
std::vector<float> as_stored(std::vector<float> x, const Case& c, bool is_key) {
  if (c.type == KvType::kF16)
    for (float& value : x) value = f16_to_f32(f32_to_f16(value));
  if (c.type != KvType::kQ8) return x;
  const std::vector<float> exact = x;
  for (int64_t t = 0; t < c.n_tokens; ++t)
    for (int h = 0; h < c.n_kv_heads; ++h) {
      float* row = x.data() + (t * c.n_kv_heads + h) * c.head_dim;
      const float* first = exact.data() + (t / 64 * 64 * c.n_kv_heads + h) * c.head_dim;
      const int step = is_key ? 8 : 32;
      for (int i = 0; is_key && i < c.head_dim; ++i) row[i] -= first[i];
      for (int i = 0; i < c.head_dim; i += step) round_to_codes(row + i, std::min(step, c.head_dim - i), is_key);
      for (int i = 0; is_key && i < c.head_dim; ++i) row[i] += first[i];
    }
  return x;
}

std::vector<double> reference(const Case& c, const Inputs& in, double factor) {
  const std::vector<float> k = as_stored(in.k, c, true), v = as_stored(in.v, c, false);
  const int64_t d = c.head_dim, group = c.n_heads / c.n_kv_heads;
  std::vector<double> out(in.q.size());
  for (int64_t t = 0; t < c.n_tokens; ++t)
    for (int64_t h = 0; h < c.n_heads; ++h) {
      const int64_t first = c.window > 0 ? std::max<int64_t>(0, t - c.window + 1) : 0;
      const float* q = in.q.data() + (t * c.n_heads + h) * d;
      double* row = out.data() + (t * c.n_heads + h) * d;
      double sum = 0;
      for (int64_t j = first; j <= t; ++j) {  // scores are small: no largest needs to be taken off
        const int64_t at = (j * c.n_kv_heads + h / group) * d;
        double score = 0;
        for (int64_t i = 0; i < d; ++i) score += static_cast<double>(q[i]) * k[static_cast<size_t>(at + i)];
        score *= factor;
        if (c.softcap > 0) score = c.softcap * std::tanh(score / c.softcap);
        const double weight = std::exp(score);
        sum += weight;
        for (int64_t i = 0; i < d; ++i) row[i] += weight * v[static_cast<size_t>(at + i)];
      }
      for (int64_t i = 0; i < d; ++i) row[i] /= sum;
    }
  return out;
}

// Feeds the tokens in calls of `step`.
std::vector<float> run(const Case& c, const Inputs& in, const KernelTable& kernels, int n_threads, int64_t step) {
  ThreadPool pool(n_threads);
  const ExecContext ctx{pool, kernels};
  KvCache cache({2, c.n_kv_heads, c.head_dim}, c.type, c.n_tokens);
  std::vector<float> out(in.q.size());
  const AttentionParams params{1.0f / std::sqrt(static_cast<float>(c.head_dim)), c.window, c.softcap};
  for (int64_t t = 0; t < c.n_tokens; t += step) {
    const int64_t n = std::min(step, c.n_tokens - t), kv = t * c.n_kv_heads * c.head_dim;
    cache.write(ctx, 1, t, n, in.k.data() + kv, in.v.data() + kv);
    const AttentionSegment segment{&cache, 0, n, t};
    const int64_t at = t * c.n_heads * c.head_dim;
    attention(ctx, in.q.data() + at, c.n_heads, 1, {&segment, 1}, params, out.data() + at);
    cache.advance(n);
  }
  return out;
}

class Attention : public IsaTest {
 protected:
  void expect_near_reference(const Case& c) const;
};

void Attention::expect_near_reference(const Case& c) const {
  const Inputs in(c);
  const std::vector<double> expected = reference(c, in, 1.0 / std::sqrt(c.head_dim));
  // |q.k| <= head_dim, summed with at most head_dim roundings and scaled by head_dim^-1/2; a score's error is a
  // relative error of its weight, as are exp's own (2^-21) and the roundings of a sum over n keys; |v| <= 1; twice for
  // the quotient.
  const double eps = 0x1p-24, d = c.head_dim;
  const double tolerance = 2 * (d * std::sqrt(d) * eps + 0x1p-20 + static_cast<double>(c.n_tokens) * eps);
  const std::vector<float> out = run(c, in, *kernels_, 2, c.n_tokens);
  for (size_t i = 0; i < out.size(); ++i)
    ASSERT_NEAR(out[i], expected[i], tolerance)
        << "heads " << c.n_heads << "/" << c.n_kv_heads << " head_dim " << c.head_dim << " at " << i;
}

TEST_P(Attention, EqualsDoubleForEveryHeadSize) {
  for (const int head_dim : {2, 18, 64, 80, 96, 128, 160, 256}) expect_near_reference({4, 2, head_dim, 70});
}

TEST_P(Attention, EqualsDoubleForEveryGroup) {
  for (int group = 1; group <= 8; ++group) expect_near_reference({2 * group, 2, 80, 65});
}

TEST_P(Attention, EqualsDoubleAtBlockEdges) {
  for (const int64_t n : {1, 63, 64, 65, 511, 512, 513, 1700}) expect_near_reference({2, 1, 16, n});
}

TEST_P(Attention, EqualsDoubleForEveryCacheType) {
  for (const KvType type : {KvType::kF16, KvType::kQ8, KvType::kF32})
    for (const int head_dim : {2, 18, 50, 64, 80, 96, 128, 160, 256})
      expect_near_reference({4, 2, head_dim, 130, type});
}

TEST_P(Attention, HidesKeysBeyondTheWindowAndCapsScores) {
  for (const int64_t window : {1, 5, 64, 100, 600}) expect_near_reference({4, 2, 32, 700, KvType::kF32, window});
  for (const KvType type : {KvType::kF16, KvType::kQ8, KvType::kF32}) {
    expect_near_reference({4, 2, 64, 130, type, 0, 0.5f});
    expect_near_reference({4, 2, 80, 330, type, 70, 0.5f});
  }
}

TEST_P(Attention, DoesNothingForNoRows) {
  ThreadPool pool(1);
  const ExecContext ctx{pool, *kernels_};
  KvCache cache({1, 1, 8}, KvType::kF16, 8);
  const AttentionSegment segment{&cache, 0, 0, 0};
  attention(ctx, nullptr, 1, 0, {&segment, 1}, {1.0f}, nullptr);
  attention(ctx, nullptr, 1, 0, {}, {1.0f}, nullptr);
  EXPECT_EQ(cache.n_bytes(), 0u);
}

TEST_P(Attention, IsBitEqualHoweverTokensAreBatchedAndWhateverTheThreads) {
  // 1,700 keys: four parts, which are computed apart for one token and one after the other for many.
  for (const Case& c :
       {Case{4, 2, 80, 600, KvType::kF16}, Case{4, 1, 20, 700, KvType::kQ8, 90}, Case{2, 1, 18, 1700, KvType::kQ8}}) {
    const Inputs in(c);
    const std::vector<float> at_once = run(c, in, *kernels_, 1, c.n_tokens);
    EXPECT_EQ(at_once, run(c, in, *kernels_, 2, c.n_tokens));
    EXPECT_EQ(at_once, run(c, in, *kernels_, 2, 1));
    EXPECT_EQ(at_once, run(c, in, *kernels_, 2, 37));
  }
}

TEST_P(Attention, ValuesBeyondHalfFloatsStayFiniteAndHiddenFromEarlierRows) {
  for (const KvType type : {KvType::kF16, KvType::kQ8, KvType::kF32}) {
    const Case c{4, 2, 64, 20, type};
    for (const float large : {70e3f, 9e6f, 1e30f}) {
      Inputs in(c);
      in.v[static_cast<size_t>(13 * c.n_kv_heads * c.head_dim + 5)] = large;
      in.k[static_cast<size_t>(15 * c.n_kv_heads * c.head_dim + 5)] = -large;
      const std::vector<float> together = run(c, in, *kernels_, 1, c.n_tokens);
      EXPECT_EQ(together, run(c, in, *kernels_, 1, 1)) << large;
      EXPECT_TRUE(std::ranges::all_of(together, [](float x) { return std::isfinite(x); })) << large;
    }
  }
}

// No type of keys and values hides what is no number: the check of the logits is to find it.
TEST_P(Attention, WhatIsNoNumberShowsInEveryRowThatSeesIt) {
  for (const KvType type : {KvType::kF16, KvType::kQ8, KvType::kF32}) {
    for (const float none : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      for (const bool is_key : {true, false}) {
        if (is_key && std::isinf(none)) continue;  // its score may be minus infinity: never looked at
        const Case c{2, 1, 64, 20, type};
        Inputs in(c);
        (is_key ? in.k : in.v)[static_cast<size_t>(13 * c.head_dim + 5)] = none;
        const std::vector<float> out = run(c, in, *kernels_, 1, c.n_tokens);
        for (int64_t row = 13; row < c.n_tokens; ++row) {
          const auto head = std::span(out).subspan(static_cast<size_t>(row * 2 * c.head_dim), 64);
          EXPECT_FALSE(std::ranges::all_of(head, [](float x) { return std::isfinite(x); }))
              << "row " << row << ", key " << is_key << ", " << none << ", type " << static_cast<int>(type);
        }
      }
    }
  }
}

// Up to 32 sequences of different lengths in one step, of one row or more: each sees its own keys alone.
TEST_P(Attention, SequencesThatShareAStepAreAsIfAlone) {
  constexpr int kHeads = 4, kKvHeads = 2, kDim = 80;
  for (const int n_sequences : {2, 3, 8, 32}) {
    for (const KvType type : {KvType::kF16, KvType::kQ8}) {
      ThreadPool pool(2);
      const ExecContext ctx{pool, *kernels_};
      const AttentionParams params{0.1f, n_sequences == 3 ? 40 : 0};
      std::vector<KvCache> caches;
      std::vector<AttentionSegment> segments;
      int64_t n_rows = 0;
      for (int i = 0; i < n_sequences; ++i) {
        caches.emplace_back(KvCache::Shape{1, kKvHeads, kDim}, type, 2000);
        const int64_t depth = i * 37 % 300 + (i == 1 ? 1100 : 0), rows = 1 + i % 3;
        const std::vector<float> kv =
            uniform(static_cast<size_t>((depth + rows) * kKvHeads * kDim), static_cast<uint32_t>(10 + i));
        caches.back().write(ctx, 0, 0, depth + rows, kv.data(), kv.data());
        segments.push_back({nullptr, n_rows, rows, depth});
        n_rows += rows;
      }
      for (size_t i = 0; i < segments.size(); ++i) segments[i].cache = &caches[i];
      const std::vector<float> q = uniform(static_cast<size_t>(n_rows * kHeads * kDim), 5);
      std::vector<float> together(q.size()), alone(q.size());
      attention(ctx, q.data(), kHeads, 0, segments, params, together.data());
      for (const AttentionSegment& segment : segments)
        attention(ctx, q.data(), kHeads, 0, {&segment, 1}, params, alone.data());
      EXPECT_EQ(together, alone) << n_sequences;
    }
  }
}

TEST_P(Attention, StaysInsideItsMemory) {
  for (const KvType type : {KvType::kF16, KvType::kQ8, KvType::kF32})
    for (const int head_dim : {2, 18, 80}) {
      const Case c{6, 2, head_dim, 67, type};
      const Inputs in(c);
      Guarded<float> q(in.q), out(in.q), k(in.k), v(in.v);
      ThreadPool pool(2);
      const ExecContext ctx{pool, *kernels_};
      KvCache cache({1, c.n_kv_heads, head_dim}, type, c.n_tokens);
      cache.write(ctx, 0, 0, c.n_tokens, k.data(), v.data());
      const AttentionSegment segment{&cache, 0, c.n_tokens, 0};
      attention(ctx, q.data(), c.n_heads, 0, {&segment, 1}, {1.0f}, out.data());
      EXPECT_TRUE(std::isfinite(out.values().back()));
    }
}

INSTANTIATE_TEST_SUITE_P(Sets, Attention, testing::ValuesIn(kEveryIsa),
                         [](const auto& set) { return std::string(isa_name(set.param)); });

TEST(KvCache, GrowsByBlocksAndForgetsThem) {
  ThreadPool pool(1);
  const ExecContext ctx{pool, *kernels_for(Isa::kPortable)};
  const KvCache::Shape shape{1, 2, 4};
  KvCache cache(shape, KvType::kQ8, 1000);
  const std::vector<float> x(65 * 8, 0.5f);
  cache.write(ctx, 0, 0, 65, x.data(), x.data());
  cache.advance(65);
  EXPECT_EQ(cache.n_bytes(), KvCache::bytes_for(shape, KvType::kQ8, 65));
  cache.truncate(64);
  EXPECT_EQ(cache.n_bytes(), KvCache::bytes_for(shape, KvType::kQ8, 64));
  EXPECT_EQ(cache.n_tokens(), 64);
}

// Across slabs, in all layers and heads: what is kept is what was written, also once the end was written anew.
TEST(KvCache, KeepsWhatStandsBeforeTheEndThatIsForgotten) {
  ThreadPool pool(1);
  const ExecContext ctx{pool, *kernels_for(Isa::kPortable)};
  constexpr int kLayers = 3, kHeads = 2, kDim = 4;
  KvCache cache({kLayers, kHeads, kDim}, KvType::kF32, 1100);
  const auto value = [](int64_t pos, int layer, int head, int d) {
    return static_cast<float>(((pos * kLayers + layer) * kHeads + head) * kDim + d);
  };
  const auto write = [&](int64_t first, int64_t last, float sign) {
    for (int layer = 0; layer < kLayers; ++layer) {
      std::vector<float> k;
      for (int64_t pos = first; pos < last; ++pos)
        for (int i = 0; i < kHeads * kDim; ++i) k.push_back(sign * value(pos, layer, i / kDim, i % kDim));
      cache.write(ctx, layer, first, last - first, k.data(), k.data());
    }
    cache.advance(last - first);
  };
  write(0, 1050, 1);
  for (const int64_t kept : {1024, 700, 513, 512, 500, 3}) {
    cache.truncate(kept);
    write(kept, 1050, -1);
    for (int64_t pos = 0; pos < 1050; ++pos)
      for (int layer = 0; layer < kLayers; ++layer)
        for (int head = 0; head < kHeads; ++head) {
          const KvBlock block = cache.block(layer, head, pos / kKvBlockTokens);
          const int64_t slot = pos % kKvBlockTokens;
          for (int d = 0; d < kDim; ++d) {
            const float expected = (pos < kept ? 1.0f : -1.0f) * value(pos, layer, head, d);
            ASSERT_EQ(static_cast<const float*>(block.keys)[d * kKvBlockTokens + slot], expected) << pos;
            ASSERT_EQ(static_cast<const float*>(block.values)[slot * kDim + d], expected) << pos;
          }
        }
  }
}

}  // namespace
}  // namespace hanok
