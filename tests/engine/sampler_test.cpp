// The sampler against plain loops over the definitions: every filter and penalty, odd logits, options out of range.
#include "engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hanok {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

SamplingOptions plain() {
  SamplingOptions options;
  options.temperature = 1;
  options.top_k = 0;
  options.top_p = 1;
  return options;
}

std::vector<float> random_logits(size_t n, unsigned seed, float spread = 6) {
  std::mt19937 generator(seed);
  std::vector<float> logits(n);
  for (float& x : logits) x = spread * (static_cast<float>(generator() >> 8) * 0x1p-24f - 0.5f);
  return logits;
}

int32_t pick(const SamplingOptions& options, std::span<const float> logits, std::span<const int32_t> history = {}) {
  Sampler sampler(options);
  const auto token = sampler.sample(logits, history);
  EXPECT_TRUE(token) << token.error().to_string();
  return token.value_or(-1);
}

// The tokens that n draws with different seeds gave.
std::set<int32_t> drawn(SamplingOptions options, std::span<const float> logits, int n = 3000) {
  Sampler sampler(options);
  std::set<int32_t> tokens;
  for (int i = 0; i < n; ++i) tokens.insert(sampler.sample(logits, {}).value_or(-1));
  return tokens;
}

using Distribution = std::map<int32_t, double>;

void normalize(Distribution& p) {
  double total = 0;
  for (const auto& [id, x] : p) total += x;
  for (auto& [id, x] : p) x /= total;
}

std::vector<std::pair<double, int32_t>> by_probability(const Distribution& p) {
  std::vector<std::pair<double, int32_t>> order;
  for (const auto& [id, x] : p) order.emplace_back(-x, id);
  std::sort(order.begin(), order.end());
  return order;
}

// What the options leave of the logits, from the definitions, in the order sampler.h names.
Distribution reference(const SamplingOptions& o, const std::vector<float>& logits) {
  Distribution p;
  for (size_t i = 0; i < logits.size(); ++i)
    p[static_cast<int32_t>(i)] = std::exp(static_cast<double>(logits[i]) / o.temperature);
  auto order = by_probability(p);
  if (o.top_k > 0) {
    for (size_t i = static_cast<size_t>(o.top_k); i < order.size(); ++i) p.erase(order[i].second);
  }
  normalize(p);
  if (o.typical_p < 1) {
    double entropy = 0;
    for (const auto& [id, x] : p) entropy -= x * std::log(x);
    std::vector<std::pair<double, int32_t>> distances;
    for (const auto& [id, x] : p) distances.emplace_back(std::abs(-std::log(x) - entropy), id);
    std::sort(distances.begin(), distances.end());
    Distribution kept;
    double mass = 0;
    for (const auto& [distance, id] : distances) {
      if (!kept.empty() && mass >= o.typical_p) break;
      mass += kept[id] = p[id];
    }
    p = kept;
    normalize(p);
  }
  order = by_probability(p);
  Distribution kept;
  double mass = 0;
  for (const auto& [negative, id] : order) {
    if (!kept.empty() && (mass >= o.top_p || -negative < o.min_p * -order[0].first)) break;
    mass += kept[id] = -negative;
  }
  normalize(kept);
  return kept;
}

// Pearson's statistic of `n` draws against the reference; its expectation is the number of kept tokens less one, its
// standard deviation the root of twice that.
void expect_distribution(const SamplingOptions& options, const std::vector<float>& logits) {
  const Distribution expected = reference(options, logits);
  Sampler sampler(options);
  std::map<int32_t, int> counts;
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) ++counts[sampler.sample(logits, {}).value_or(-1)];
  double statistic = 0;
  for (const auto& [id, p] : expected) {
    const double wanted = p * kDraws;
    statistic += (counts[id] - wanted) * (counts[id] - wanted) / wanted;
    counts.erase(id);
  }
  EXPECT_TRUE(counts.empty()) << "drew token " << counts.begin()->first << ", which the options rule out";
  const double freedom = static_cast<double>(expected.size()) - 1;
  EXPECT_LT(statistic, freedom + 6 * std::sqrt(2 * freedom) + 1);
}

TEST(Sampler, TemperatureZeroTakesTheLargestLogitAndTheFirstOfEquals) {
  SamplingOptions options = plain();
  options.temperature = 0;
  EXPECT_EQ(pick(options, std::vector<float>{1, 3, 3, 2}), 1);
  EXPECT_EQ(pick(options, std::vector<float>{-kInfinity, -5, -kInfinity}), 1);
}

TEST(Sampler, DrawsFromTheDistributionThatTheOptionsLeave) {
  const auto logits = random_logits(200, 1);
  expect_distribution(plain(), logits);
  const auto with = [&](auto set) {
    SamplingOptions options = plain();
    set(options);
    expect_distribution(options, logits);
  };
  with([](auto& o) { o.temperature = 0.5f; });
  with([](auto& o) { o.top_k = 7; });
  with([](auto& o) { o.top_k = 100000; });
  with([](auto& o) { o.top_p = 0.6f; });
  with([](auto& o) { o.min_p = 0.2f; });
  with([](auto& o) { o.typical_p = 0.4f; });
  with([](auto& o) { o.typical_p = 0.7f, o.top_p = 0.8f; });
  with([](auto& o) { o.top_k = 30, o.top_p = 0.9f, o.min_p = 0.05f, o.temperature = 1.3f; });
}

TEST(Sampler, KeepsOneTokenAtTheNarrowestSettings) {
  const auto logits = random_logits(50, 2);
  const auto best = static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  for (const auto& set : std::vector<std::function<void(SamplingOptions&)>>{
           [](auto& o) { o.top_k = 1; }, [](auto& o) { o.top_p = 0; }, [](auto& o) { o.min_p = 1; },
           [](auto& o) { o.temperature = 1e-30f; }, [](auto& o) { o.typical_p = 0, o.top_k = 1; }}) {
    SamplingOptions options = plain();
    set(options);
    EXPECT_EQ(drawn(options, logits, 200), std::set<int32_t>{best});
  }
}

TEST(Sampler, AllTokensAndAsManyAsThereAreGiveTheSameDraws) {
  const auto logits = random_logits(5000, 3);
  SamplingOptions all = plain(), as_many = plain();
  as_many.top_k = 5000;
  Sampler a(all), b(as_many);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(a.sample(logits, {}).value(), b.sample(logits, {}).value());
}

TEST(Sampler, SameSeedSameTokensAnotherSeedOthers) {
  const auto logits = random_logits(1000, 4);
  const auto run = [&](uint64_t seed) {
    SamplingOptions options = plain();
    options.seed = seed;
    Sampler sampler(options);
    std::vector<int32_t> tokens;
    for (int i = 0; i < 50; ++i) tokens.push_back(sampler.sample(logits, tokens).value());
    return tokens;
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

TEST(Sampler, PenaltiesEqualTheirFormulas) {
  SamplingOptions options = plain();
  options.temperature = 0;
  options.repetition_penalty = 1.5f, options.frequency_penalty = 0.25f, options.presence_penalty = 0.5f;
  options.penalty_last_n = 4;
  const std::vector<int32_t> history = {3, 0, 0, 1, 2};  // 3 is out of sight
  // Token 0: 4 / 1.5 - 2 * 0.25 - 0.5 = 1.67; token 1: -1 * 1.5 - 0.75; token 2: 0 - 0.75.
  EXPECT_EQ(pick(options, std::vector<float>{4, -1, 0, -5, 1.66f}, history), 0);
  EXPECT_EQ(pick(options, std::vector<float>{4, -1, 0, -5, 1.68f}, history), 4);
  EXPECT_EQ(pick(options, std::vector<float>{-9, -1, -9, -9, -2.24f}, history), 4);
  EXPECT_EQ(pick(options, std::vector<float>{-9, -1, -9, -9, -2.26f}, history), 1);
  EXPECT_EQ(pick(options, std::vector<float>{-9, -9, -9, 1, 0.9f}, history), 3);
}

TEST(Sampler, LastNZeroIsOffAndMinusOneIsEverything) {
  SamplingOptions options = plain();
  options.temperature = 0;
  options.presence_penalty = 100;
  std::vector<int32_t> history(5000, 1);
  history[0] = 0;
  const std::vector<float> logits = {3, 2, 1};
  options.penalty_last_n = 0;
  EXPECT_EQ(pick(options, logits, history), 0);
  options.penalty_last_n = 4999;
  EXPECT_EQ(pick(options, logits, history), 0);
  options.penalty_last_n = -1;
  EXPECT_EQ(pick(options, logits, history), 2);

  SamplingOptions dry = plain();
  dry.temperature = 0;
  dry.dry_multiplier = 100;
  const std::vector<int32_t> repeating = {0, 1, 2, 0, 1};  // 0 1 was followed by 2
  const std::vector<float> likes_two = {0, 1, 2};
  EXPECT_EQ(pick(dry, likes_two, repeating), 1);
  dry.penalty_last_n = 0;
  EXPECT_EQ(pick(dry, likes_two, repeating), 2);
  dry.penalty_last_n = 3;
  EXPECT_EQ(pick(dry, likes_two, repeating), 2);
  dry.penalty_last_n = -1;
  EXPECT_EQ(pick(dry, likes_two, repeating), 1);
}

TEST(Sampler, DryLooksNoFurtherBackThanABreaker) {
  SamplingOptions dry = plain();
  dry.temperature = 0;
  dry.dry_multiplier = 100;
  const std::vector<int32_t> repeating = {0, 1, 2, 0, 1};  // 0 1 was followed by 2
  const std::vector<float> likes_two = {0, 1, 2};
  const auto choice = [&](DryBreakers breakers) {
    return Sampler(dry, std::move(breakers)).sample(likes_two, repeating).value();
  };
  EXPECT_EQ(choice({}), 1);
  EXPECT_EQ(choice({{2}, {}}), 1);       // stands before the phrase
  EXPECT_EQ(choice({{1}, {}}), 2);       // nothing is left of the phrase
  EXPECT_EQ(choice({{0}, {}}), 2);       // one token is left, two are needed
  EXPECT_EQ(choice({{}, {{0, 1}}}), 2);  // a breaker of two tokens
  EXPECT_EQ(choice({{}, {{1, 1}}}), 1);  // which does not occur
}

// For every token: the longest end of the history that stood before it earlier.
TEST(Sampler, DryPenaltyEqualsItsFormula) {
  std::mt19937 generator(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<int32_t> history(20 + generator() % 30);
    for (int32_t& id : history) id = static_cast<int32_t>(generator() % 3);
    SamplingOptions options = plain();
    options.temperature = 0;
    options.dry_multiplier = 0.75f, options.dry_base = 1.5f;
    options.dry_allowed_length = 1 + static_cast<int>(generator() % 4);
    options.penalty_last_n = -1;
    std::vector<float> logits = random_logits(3, static_cast<unsigned>(generator()), 3), expected = logits;
    for (int32_t token = 0; token < 3; ++token) {
      int best = 0;
      for (size_t at = 1; at < history.size(); ++at) {
        if (history[at] != token) continue;
        int length = 0;
        while (length < static_cast<int>(at) && history[at - 1 - static_cast<size_t>(length)] ==
                                                    history[history.size() - 1 - static_cast<size_t>(length)])
          ++length;
        best = std::max(best, length);
      }
      if (best >= options.dry_allowed_length) {
        expected[static_cast<size_t>(token)] -=
            0.75f * std::pow(1.5f, static_cast<float>(best - options.dry_allowed_length));
      }
    }
    EXPECT_EQ(pick(options, logits, history), std::max_element(expected.begin(), expected.end()) - expected.begin());
  }
}

TEST(Sampler, PassesOverHistoryOutsideTheVocabulary) {
  SamplingOptions options = plain();
  options.repetition_penalty = 1.1f;
  options.dry_multiplier = 1;
  const std::vector<int32_t> history = {-1, 99, 5, -1, 99, 5, -1, 99};
  EXPECT_GE(pick(options, std::vector<float>{1, 2, 3}, history), 0);
}

TEST(Sampler, BiasAddsAndMinusInfinityForbids) {
  SamplingOptions options = plain();
  options.temperature = 0;
  options.logit_bias = {{0, 2.5f}, {2, -kInfinity}};
  EXPECT_EQ(pick(options, std::vector<float>{1, 3, 9}), 0);
  options.temperature = 1;
  EXPECT_EQ(drawn(options, std::vector<float>{1, 3, 9}), (std::set<int32_t>{0, 1}));
}

TEST(Sampler, RefusesLogitsThatAreNoNumbersAndSaysWhich) {
  for (const float bad : {kNan, kInfinity}) {
    for (const float temperature : {0.0f, 1.0f}) {
      SamplingOptions options = plain();
      options.temperature = temperature;
      Sampler sampler(options);
      const auto token = sampler.sample(std::vector<float>{1, 2, bad, 4}, {});
      ASSERT_FALSE(token);
      EXPECT_THAT(token.error().where, testing::HasSubstr("2"));
    }
  }
}

TEST(Sampler, SaysSoWhenNothingIsLeft) {
  SamplingOptions options = plain();
  Sampler sampler(options);
  EXPECT_FALSE(sampler.sample(std::vector<float>{-kInfinity, -kInfinity}, {}));
  EXPECT_FALSE(sampler.sample(std::vector<float>{}, {}));
  options.logit_bias = {{0, -kInfinity}, {1, -kInfinity}};
  EXPECT_FALSE(Sampler(options).sample(std::vector<float>{1, 2}, {}));
}

TEST(Sampler, ExtremePenaltiesStayDefined) {
  SamplingOptions options = plain();
  options.dry_multiplier = 1e30f, options.dry_base = 1e30f;
  options.repetition_penalty = 1000;
  const std::vector<int32_t> history = {0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(drawn(options, std::vector<float>{3e38f, 1, -3e38f}, 100).count(-1), 0u);
  Sampler sampler(options);
  EXPECT_EQ(sampler.sample(std::vector<float>{5, 1}, history).value(), 1);
}

TEST(CheckSampling, NamesTheOptionOutOfRange) {
  const auto error_of = [](const std::function<void(SamplingOptions&)>& set) {
    SamplingOptions options;
    set(options);
    const Status status = check_sampling(options, 100);
    return status ? "" : status.error().where;
  };
  EXPECT_EQ(error_of([](auto&) {}), "");
  EXPECT_EQ(error_of([](auto& o) { o.temperature = -1; }), "temperature");
  EXPECT_EQ(error_of([](auto& o) { o.temperature = kNan; }), "temperature");
  EXPECT_EQ(error_of([](auto& o) { o.top_k = -1; }), "top_k");
  EXPECT_EQ(error_of([](auto& o) { o.top_p = 1.5f; }), "top_p");
  EXPECT_EQ(error_of([](auto& o) { o.min_p = -0.1f; }), "min_p");
  EXPECT_EQ(error_of([](auto& o) { o.typical_p = kNan; }), "typical_p");
  EXPECT_EQ(error_of([](auto& o) { o.repetition_penalty = 0; }), "repetition_penalty");
  EXPECT_EQ(error_of([](auto& o) { o.penalty_last_n = -2; }), "penalty_last_n");
  EXPECT_EQ(error_of([](auto& o) { o.dry_base = 0.5f; }), "dry_base");
  EXPECT_EQ(error_of([](auto& o) { o.dry_allowed_length = 0; }), "dry_allowed_length");
  EXPECT_EQ(error_of([](auto& o) { o.max_tokens = -2; }), "max_tokens");
  EXPECT_EQ(error_of([](auto& o) { o.logit_bias[100] = 1; }), "logit_bias");
  EXPECT_EQ(error_of([](auto& o) { o.logit_bias[-1] = 1; }), "logit_bias");
  EXPECT_EQ(error_of([](auto& o) { o.logit_bias[99] = kNan; }), "logit_bias 99");
}

}  // namespace
}  // namespace hanok
