// The sum of standardised scores: hand-worked, and never below its better leg on labelled data.
#include "search/fusion.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace hanok {
namespace {

using Scores = std::vector<float>;

TEST(Fusion, TheBestOfALegComeInOrder) {
  const Scores scores{0, 3, 1, 3, 2, 0};
  EXPECT_EQ(best_chunks({scores, 0}, 3), (std::vector<uint32_t>{1, 3, 4}));
  EXPECT_EQ(best_chunks({scores, 0}, 10), (std::vector<uint32_t>{1, 3, 4, 2})) << "what scores nothing is no hit";
  EXPECT_EQ(best_chunks({scores, 0}, 2, [](uint32_t c) { return c != 1; }), (std::vector<uint32_t>{3, 4}));
  EXPECT_TRUE(best_chunks({scores, 0}, 0).empty());
  EXPECT_EQ(best_chunks({Scores{NAN, 1}, 0}, 2), (std::vector<uint32_t>{1}));
}

TEST(Fusion, EqualsTheSumWorkedByHand) {
  // words: mean 2, deviation sqrt(2/3); vectors: mean 0.5, deviation sqrt(0.02 / 3).
  const Scores words{1, 2, 3}, vectors{0.6f, 0.5f, 0.4f};
  const auto ranked = fuse({words, 0}, {vectors, -2}, 10, 0.25f);
  ASSERT_EQ(ranked.size(), 3u);
  EXPECT_EQ(ranked[0].chunk, 2u);
  const double z = std::sqrt(1.5);
  EXPECT_NEAR(ranked[0].score, 0.75 * z - 0.25 * z, 1e-5);
  EXPECT_NEAR(ranked[1].score, 0, 1e-5);
  EXPECT_EQ(ranked[0].lexical->rank, 1u);
  EXPECT_EQ(ranked[0].vector->rank, 3u);
}

TEST(Fusion, VectorsWeighMoreWhereTheWordsAreNotHeld) {
  EXPECT_FLOAT_EQ(vector_weight_for(0), 0.7f);
  EXPECT_FLOAT_EQ(vector_weight_for(0.2f), 0.7f);
  EXPECT_FLOAT_EQ(vector_weight_for(0.4f), 0.55f);
  EXPECT_FLOAT_EQ(vector_weight_for(0.6f), 0.4f);
  EXPECT_FLOAT_EQ(vector_weight_for(3), 0.4f);
}

TEST(Fusion, WhatHasNoVectorCountsAsTheirMean) {
  // words: mean 10/3, deviation sqrt(26/9); vectors of the two that have one: mean 0.4, deviation 0.1.
  const Scores words{5, 4, 1}, vectors{-2, 0.5f, 0.3f};
  const auto ranked = fuse({words, 0}, {vectors, -2}, 10, 0.25f);
  ASSERT_EQ(ranked.size(), 3u);
  const double deviation = std::sqrt(26.0 / 9);
  EXPECT_EQ(ranked[0].chunk, 0u) << "the best by words, though it has no vector";
  EXPECT_NEAR(ranked[0].score, 0.75 * (5.0 / 3) / deviation, 1e-5);
  EXPECT_NEAR(ranked[1].score, 0.75 * (2.0 / 3) / deviation + 0.25, 1e-5);
  EXPECT_NEAR(ranked[2].score, 0.75 * (-7.0 / 3) / deviation - 0.25, 1e-5);
}

TEST(Fusion, WhatOneLegDoesNotKnowHasNoScoreOfIt) {
  const Scores words{0, 5, 1}, vectors{0.9f, 0.1f, -2};
  const auto ranked = fuse({words, 0}, {vectors, -2}, 2, 0.5f);
  ASSERT_EQ(ranked.size(), 3u);
  for (const RankedChunk& r : ranked) {
    EXPECT_EQ(r.lexical.has_value(), r.chunk != 0);
    EXPECT_EQ(r.vector.has_value(), r.chunk != 2);
  }
}

TEST(Fusion, ALegWithoutHitsLeavesTheOthersOrder) {
  const Scores none(4, 0.0f), vectors{0.1f, 0.4f, 0.2f, 0.3f};
  const auto ranked = fuse({none, 0}, {vectors, -2}, 10, 0.5f);
  ASSERT_EQ(ranked.size(), 4u);
  EXPECT_EQ(ranked[0].chunk, 1u);
  EXPECT_EQ(ranked[3].chunk, 0u);
  EXPECT_TRUE(fuse({none, 0}, {Scores(4, -2.0f), -2}, 10, 0.5f).empty());
}

double ndcg(const std::vector<RankedChunk>& ranked, uint32_t gold) {
  for (size_t i = 0; i < ranked.size() && i < 10; ++i)
    if (ranked[i].chunk == gold) return 1 / std::log2(static_cast<double>(i) + 2);
  return 0;
}

// Legs as they are: scores of unlike size, each right about other questions; the second sometimes much the weaker.
TEST(Fusion, NeverLosesToItsBetterLegOnLabelledData) {
  for (const float second_signal : {2.0f, 2.6f, 3.2f}) {
    std::mt19937 random(42);
    std::normal_distribution<float> noise;
    double words_alone = 0, vectors_alone = 0, both = 0;
    for (uint32_t question = 0; question < 500; ++question) {
      Scores words, vectors;
      for (uint32_t c = 0; c < 200; ++c) {
        const bool is_gold = c == question % 200;
        words.push_back(std::max(0.0f, 20 + 6 * (noise(random) + (is_gold ? 3.2f : 0))));
        vectors.push_back(0.8f + 0.02f * (noise(random) + (is_gold ? second_signal : 0)));
      }
      const Leg lexical{words, 0}, vector{vectors, -2};
      words_alone += ndcg(rank_one(lexical, true, 100), question % 200);
      vectors_alone += ndcg(rank_one(vector, false, 100), question % 200);
      both += ndcg(fuse(lexical, vector, 100, 0.5f), question % 200);
    }
    EXPECT_GT(both, std::max(words_alone, vectors_alone)) << second_signal;
  }
}

}  // namespace
}  // namespace hanok
