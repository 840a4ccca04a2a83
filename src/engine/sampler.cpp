#include "engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include <fmt/format.h>

#include "base/locale.h"

namespace hanok {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

// Sorts the next elements behind the first n_sorted, at least up to index i, and returns how many are sorted now.
// Eight times more each time: what a peaked distribution needs is found in one pass, a flat one costs a full sort.
template <class T, class Less>
size_t sort_up_to(std::vector<T>& items, size_t n_sorted, size_t i, Less less) {
  while (i >= n_sorted) {
    const size_t next = std::min(std::max<size_t>(64, n_sorted * 8), items.size());
    const auto at = [&](size_t k) { return items.begin() + static_cast<std::ptrdiff_t>(k); };
    if (next < items.size()) std::nth_element(at(n_sorted), at(next), items.end(), less);
    std::sort(at(n_sorted), at(next), less);
    n_sorted = next;
  }
  return n_sorted;
}

struct Range {
  const char* name;
  double value, least, most;
};

}  // namespace

Status check_sampling(const SamplingOptions& o, int64_t vocab) {
  constexpr double kLargest = std::numeric_limits<float>::max();
  const Range ranges[] = {{"temperature", o.temperature, 0, kLargest},
                          {"top_k", static_cast<double>(o.top_k), 0, kLargest},
                          {"top_p", o.top_p, 0, 1},
                          {"min_p", o.min_p, 0, 1},
                          {"typical_p", o.typical_p, 0, 1},
                          {"repetition_penalty", o.repetition_penalty, 1e-3, 1e3},
                          {"presence_penalty", o.presence_penalty, -1e3, 1e3},
                          {"frequency_penalty", o.frequency_penalty, -1e3, 1e3},
                          {"penalty_last_n", static_cast<double>(o.penalty_last_n), -1, kLargest},
                          {"dry_multiplier", o.dry_multiplier, 0, kLargest},
                          {"dry_base", o.dry_base, 1, kLargest},
                          {"dry_allowed_length", static_cast<double>(o.dry_allowed_length), 1, kLargest},
                          {"max_tokens", static_cast<double>(o.max_tokens), -1, 1e18}};
  for (const Range& range : ranges) {
    if (range.value >= range.least && range.value <= range.most) continue;  // false for NaN
    const std::string expected =
        range.most < kLargest
            ? fmt::format(fmt::runtime(in_language("{:g}부터 {:g}까지", "{:g} to {:g}")), range.least, range.most)
            : fmt::format(fmt::runtime(in_language("{:g} 이상", "{:g} or more")), range.least);
    return fail(ErrorKind::kInvalidInput, in_language("값이 범위 밖입니다", "sampling option out of range"), range.name,
                expected, fmt::format("{:g}", range.value));
  }
  for (const auto& [id, bias] : o.logit_bias) {
    if (id < 0 || id >= vocab) {
      return fail(ErrorKind::kInvalidInput, in_language("어휘에 없는 토큰입니다", "token outside the vocabulary"),
                  "logit_bias", fmt::format(fmt::runtime(in_language("0부터 {}까지", "0 to {}")), vocab - 1),
                  fmt::format("{}", id));
    }
    if (std::isnan(bias) || bias == std::numeric_limits<float>::infinity()) {
      return fail(ErrorKind::kInvalidInput, in_language("값이 범위 밖입니다", "sampling option out of range"),
                  fmt::format("logit_bias {}", id), in_language("수, 또는 음의 무한대", "a number, or minus infinity"),
                  fmt::format("{:g}", bias));
    }
  }
  return {};
}

Sampler::Sampler(const SamplingOptions& options, DryBreakers breakers)
    : options_(options), breakers_(std::move(breakers)), generator_(options.seed) {}

std::span<const int32_t> Sampler::looked_back_at(std::span<const int32_t> history) const {
  if (options_.penalty_last_n < 0) return history;
  return history.last(std::min(history.size(), static_cast<size_t>(options_.penalty_last_n)));
}

void Sampler::penalize(std::span<const int32_t> history) {
  if (options_.repetition_penalty == 1 && options_.presence_penalty == 0 && options_.frequency_penalty == 0) return;
  std::unordered_map<int32_t, int> counts;
  for (const int32_t id : looked_back_at(history)) ++counts[id];
  for (const auto& [id, count] : counts) {
    if (id < 0 || static_cast<size_t>(id) >= logits_.size()) continue;
    float& logit = logits_[static_cast<size_t>(id)];
    logit = logit > 0 ? logit / options_.repetition_penalty : logit * options_.repetition_penalty;
    logit -= static_cast<float>(count) * options_.frequency_penalty + options_.presence_penalty;
  }
}

// Tokens at the end of the history, at most `longest`, after the last breaker.
int Sampler::unbroken_length(std::span<const int32_t> history, int longest) const {
  const auto breaks = [&](std::span<const int32_t> until) {
    if (breakers_.tokens.contains(until.back())) return true;
    return std::any_of(breakers_.sequences.begin(), breakers_.sequences.end(), [&](const auto& sequence) {
      return sequence.size() <= until.size() &&
             std::equal(sequence.begin(), sequence.end(), until.end() - static_cast<std::ptrdiff_t>(sequence.size()));
    });
  };
  int length = 0;
  while (length < longest && static_cast<size_t>(length) < history.size() &&
         !breaks(history.first(history.size() - static_cast<size_t>(length))))
    ++length;
  return length;
}

// For each earlier place whose preceding tokens equal the last ones, the token that followed it there is made less
// likely, the more the longer the match: multiplier * base^(length - allowed).
void Sampler::penalize_repeats(std::span<const int32_t> history) {
  constexpr int kLongest = 64;  // bounds the work; base^62 is beyond any logit
  if (options_.dry_multiplier <= 0) return;
  history = looked_back_at(history);
  const auto n = static_cast<int64_t>(history.size());
  const int most = unbroken_length(history, kLongest);
  std::unordered_map<int32_t, int> longest;
  for (int64_t end = n - 2; end >= 0; --end) {
    int length = 0;
    while (length <= end && length < most &&
           history[static_cast<size_t>(end - length)] == history[static_cast<size_t>(n - 1 - length)])
      ++length;
    if (length < options_.dry_allowed_length) continue;
    int& best = longest[history[static_cast<size_t>(end + 1)]];
    best = std::max(best, length);
  }
  for (const auto& [id, length] : longest) {
    if (id < 0 || static_cast<size_t>(id) >= logits_.size()) continue;
    logits_[static_cast<size_t>(id)] -=
        options_.dry_multiplier * std::pow(options_.dry_base, static_cast<float>(length - options_.dry_allowed_length));
  }
}

// Likelier first; equal logits by id, so that the order never depends on the sort.
const Sampler::Candidate& Sampler::likeliest(size_t i) {
  const auto likelier = [](const Candidate& a, const Candidate& b) {
    return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
  };
  n_sorted_ = sort_up_to(candidates_, n_sorted_, i, likelier);
  return candidates_[i];
}

void Sampler::keep_top_k() {
  const auto k = static_cast<size_t>(options_.top_k);
  if (k == 0 || k >= candidates_.size()) return;
  likeliest(k - 1);
  candidates_.resize(k);
  n_sorted_ = std::min(n_sorted_, k);
}

void Sampler::softmax() {
  const float largest = likeliest(0).logit;
  for (Candidate& c : candidates_) {
    const float distance = c.logit - largest;
    c.probability = distance == 0 ? 1.0 : static_cast<double>(std::exp(distance / options_.temperature));
  }
  normalize();
}

void Sampler::normalize() {
  double total = 0;
  for (const Candidate& c : candidates_) total += c.probability;
  for (Candidate& c : candidates_) c.probability /= total;
}

// Locally typical sampling (Meister et al. 2022): the tokens whose surprise is nearest to the entropy.
void Sampler::keep_typical() {
  if (options_.typical_p >= 1) return;
  std::erase_if(candidates_, [](const Candidate& c) { return c.probability <= 0; });
  double entropy = 0;
  for (const Candidate& c : candidates_) entropy -= c.probability * std::log(c.probability);
  struct Distance {
    double distance;
    Candidate candidate;
  };
  std::vector<Distance> order;
  order.reserve(candidates_.size());
  for (const Candidate& c : candidates_) order.push_back({std::abs(-std::log(c.probability) - entropy), c});
  const auto nearer = [](const Distance& a, const Distance& b) {
    return a.distance < b.distance || (a.distance == b.distance && a.candidate.id < b.candidate.id);
  };
  candidates_.clear();
  double mass = 0;
  for (size_t n_sorted = 0; candidates_.size() < order.size() && (candidates_.empty() || mass < options_.typical_p);) {
    const size_t i = candidates_.size();
    n_sorted = sort_up_to(order, n_sorted, i, nearer);
    mass += order[i].candidate.probability;
    candidates_.push_back(order[i].candidate);
  }
  n_sorted_ = 0;
  normalize();
}

void Sampler::keep_top_p() {
  if (options_.top_p >= 1 && options_.min_p <= 0) return;
  const double least = options_.min_p * likeliest(0).probability;
  const double wanted = options_.top_p >= 1 ? std::numeric_limits<double>::infinity() : options_.top_p;
  double mass = 0;
  size_t n = 0;
  while (n < candidates_.size() && (n == 0 || mass < wanted) && likeliest(n).probability >= least)
    mass += candidates_[n++].probability;
  candidates_.resize(n);
  n_sorted_ = std::min(n_sorted_, n);
}

int32_t Sampler::draw() {
  double total = 0;
  for (const Candidate& c : candidates_) total += c.probability;
  // 53 random bits as a number in [0, 1): the same on every platform, unlike the standard distributions.
  double rest = static_cast<double>(generator_() >> 11) * 0x1p-53 * total;
  int32_t last = likeliest(0).id;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    const Candidate& c = likeliest(i);
    if (c.probability <= 0) break;
    last = c.id;
    rest -= c.probability;
    if (rest < 0) break;
  }
  return last;
}

Result<int32_t> Sampler::sample(std::span<const float> logits, std::span<const int32_t> history) {
  for (size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] <= std::numeric_limits<float>::max()) continue;  // false for NaN
    return fail(ErrorKind::kCorruptFile,
                in_language("모델의 출력이 수가 아닙니다", "the model's output is not a number"),
                fmt::format("logit of token {}", i), "a finite number", fmt::format("{}", logits[i]),
                in_language("모델의 파일이 깨졌을 수 있습니다. 다시 받으세요",
                            "the model's files may be damaged: fetch them again"));
  }
  logits_.assign(logits.begin(), logits.end());
  for (const auto& [id, bias] : options_.logit_bias) logits_[static_cast<size_t>(id)] += bias;
  penalize(history);
  penalize_repeats(history);
  const auto best = std::max_element(logits_.begin(), logits_.end());
  if (best == logits_.end() || *best == kNever) {
    return fail(ErrorKind::kInvalidInput, in_language("고를 토큰이 남지 않았습니다", "no token is left to choose from"),
                in_language("고르는 방법", "sampling options"), "at least one token that is not ruled out",
                fmt::format("{} ruled out", logits_.size()),
                in_language("logit-bias를 음의 무한대로 준 토큰을 줄이세요",
                            "give fewer tokens a logit_bias of minus infinity"));
  }
  if (options_.temperature <= 0) return static_cast<int32_t>(best - logits_.begin());
  candidates_.clear();
  n_sorted_ = 0;
  for (size_t i = 0; i < logits_.size(); ++i) {
    if (logits_[i] != kNever) candidates_.push_back({static_cast<int32_t>(i), logits_[i], 0});
  }
  keep_top_k();
  softmax();
  keep_typical();
  keep_top_p();
  return draw();
}

}  // namespace hanok
