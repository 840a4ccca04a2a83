#include "engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace hanok {

Sampler::Sampler(const SamplingOptions& options) : options_(options), generator_(options.seed) {}

void Sampler::penalize(std::span<const int32_t> history) {
  const bool any =
      options_.repetition_penalty != 1 || options_.presence_penalty != 0 || options_.frequency_penalty != 0;
  if (!any || options_.penalty_last_n == 0) return;
  if (options_.penalty_last_n > 0)
    history = history.last(std::min(history.size(), static_cast<size_t>(options_.penalty_last_n)));
  std::unordered_map<int32_t, int> counts;
  for (const int32_t id : history) ++counts[id];
  for (const auto& [id, count] : counts) {
    float& logit = logits_[static_cast<size_t>(id)];
    logit = logit > 0 ? logit / options_.repetition_penalty : logit * options_.repetition_penalty;
    logit -= static_cast<float>(count) * options_.frequency_penalty + options_.presence_penalty;
  }
}

// For each earlier place whose preceding tokens equal the last ones, the token that followed it there is made less
// likely, the more the longer the match: multiplier * base^(length - allowed).
void Sampler::penalize_repeats(std::span<const int32_t> history) {
  if (options_.dry_multiplier <= 0 || history.size() < 2) return;
  if (options_.penalty_last_n > 0)
    history = history.last(std::min(history.size(), static_cast<size_t>(options_.penalty_last_n)));
  const auto n = static_cast<int64_t>(history.size());
  std::unordered_map<int32_t, int> longest;
  for (int64_t end = n - 2; end >= 0; --end) {
    int length = 0;
    while (length <= end && length < 64 &&
           history[static_cast<size_t>(end - length)] == history[static_cast<size_t>(n - 1 - length)])
      ++length;
    if (length < options_.dry_allowed_length) continue;
    int& best = longest[history[static_cast<size_t>(end + 1)]];
    best = std::max(best, length);
  }
  for (const auto& [id, length] : longest) {
    logits_[static_cast<size_t>(id)] -=
        options_.dry_multiplier * std::pow(options_.dry_base, static_cast<float>(length - options_.dry_allowed_length));
  }
}

// Likelier first; equal logits by id, so that the order never depends on the sort.
void Sampler::keep_top_k() {
  const auto likelier = [](const Candidate& a, const Candidate& b) {
    return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
  };
  const size_t k =
      options_.top_k > 0 ? std::min(static_cast<size_t>(options_.top_k), candidates_.size()) : candidates_.size();
  std::partial_sort(candidates_.begin(), candidates_.begin() + static_cast<long>(k), candidates_.end(), likelier);
  candidates_.resize(k);
}

void Sampler::softmax() {
  double total = 0;
  for (Candidate& c : candidates_) {
    c.probability = std::exp((c.logit - candidates_[0].logit) / options_.temperature);
    total += c.probability;
  }
  for (Candidate& c : candidates_) c.probability = static_cast<float>(c.probability / total);
}

// Locally typical sampling (Meister et al. 2022): the tokens whose surprise is nearest to the entropy.
void Sampler::keep_typical() {
  if (options_.typical_p >= 1) return;
  double entropy = 0;
  for (const Candidate& c : candidates_)
    if (c.probability > 0) entropy -= c.probability * std::log(c.probability);
  const auto distance = [&](const Candidate& c) {
    return std::abs(-std::log(std::max(c.probability, 1e-30f)) - entropy);
  };
  std::stable_sort(candidates_.begin(), candidates_.end(),
                   [&](const Candidate& a, const Candidate& b) { return distance(a) < distance(b); });
  double mass = 0;
  size_t n = 0;
  while (n < candidates_.size() && mass < options_.typical_p) mass += candidates_[n++].probability;
  candidates_.resize(std::max<size_t>(1, n));
  std::stable_sort(candidates_.begin(), candidates_.end(),
                   [](const Candidate& a, const Candidate& b) { return a.probability > b.probability; });
}

void Sampler::keep_top_p() {
  double mass = 0;
  size_t n = 0;
  while (n < candidates_.size() && (n == 0 || mass < options_.top_p) &&
         candidates_[n].probability >= options_.min_p * candidates_[0].probability)
    mass += candidates_[n++].probability;
  candidates_.resize(std::max<size_t>(1, n));
}

int32_t Sampler::draw() {
  double total = 0;
  for (const Candidate& c : candidates_) total += c.probability;
  // 53 random bits as a number in [0, 1): the same on every platform, unlike the standard distributions.
  double rest = static_cast<double>(generator_() >> 11) * 0x1p-53 * total;
  for (const Candidate& c : candidates_) {
    rest -= c.probability;
    if (rest < 0) return c.id;
  }
  return candidates_.back().id;
}

int32_t Sampler::sample(std::span<const float> logits, std::span<const int32_t> history) {
  logits_.assign(logits.begin(), logits.end());
  for (const auto& [id, bias] : options_.logit_bias)
    if (id >= 0 && static_cast<size_t>(id) < logits_.size()) logits_[static_cast<size_t>(id)] += bias;
  penalize(history);
  penalize_repeats(history);
  if (options_.temperature <= 0)
    return static_cast<int32_t>(std::max_element(logits_.begin(), logits_.end()) - logits_.begin());
  candidates_.clear();
  for (size_t i = 0; i < logits_.size(); ++i) candidates_.push_back({static_cast<int32_t>(i), logits_[i], 0});
  keep_top_k();
  softmax();
  keep_typical();
  keep_top_p();
  return draw();
}

}  // namespace hanok
