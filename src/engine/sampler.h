// Chooses the next token from logits; the same seed gives the same tokens on every machine and thread count.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/result.h"

namespace hanok {

// Applied in this order: bias, penalties, DRY, temperature, top-k, typical, then top-p and min-p.
struct SamplingOptions {
  float temperature = 0.7f;  // 0: the largest logit
  int top_k = 40;            // 0: all
  float top_p = 0.95f;       // 1: all
  float min_p = 0;           // share of the largest probability
  float typical_p = 1;       // 1: all
  float repetition_penalty = 1, presence_penalty = 0, frequency_penalty = 0;
  int penalty_last_n = 256;  // tokens the penalties and DRY look back at; 0: they are off, -1: everything
  float dry_multiplier = 0, dry_base = 1.75f;
  int dry_allowed_length = 2;
  std::vector<std::string> dry_breakers = {"\n", ":", "\"", "*"};  // no phrase goes beyond one of these
  uint64_t seed = 0;
  std::map<int32_t, float> logit_bias;  // minus infinity: never
  std::vector<std::string> stop;
  int64_t max_tokens = -1;  // -1: until the end or the context is full
  bool ignore_eos = false;
  int lookup = 7;  // most tokens guessed from the text so far and checked in one step (prompt_lookup.h); 0: none
};

// Errors: a value outside its range, a bias for a token outside the vocabulary; `where` names the option.
Status check_sampling(const SamplingOptions& options, int64_t vocab);

// Where a phrase that DRY looks for ends: these tokens, and the last token of these sequences.
struct DryBreakers {
  std::unordered_set<int32_t> tokens;
  std::vector<std::vector<int32_t>> sequences;
};

class Sampler {
 public:
  // options: as check_sampling accepts them.
  explicit Sampler(const SamplingOptions& options, DryBreakers breakers = {});

  // logits: [vocab]; minus infinity means never. history: prompt and answer so far, for the penalties; what is not in
  // the vocabulary is passed over. Errors: a logit that is NaN or plus infinity; nothing left to choose from.
  Result<int32_t> sample(std::span<const float> logits, std::span<const int32_t> history);

 private:
  struct Candidate {
    int32_t id;
    float logit;
    double probability;
  };
  std::span<const int32_t> looked_back_at(std::span<const int32_t> history) const;
  void penalize(std::span<const int32_t> history);
  void penalize_repeats(std::span<const int32_t> history);  // DRY
  int unbroken_length(std::span<const int32_t> history, int longest) const;
  void keep_top_k();
  void softmax();
  void normalize();
  void keep_typical();
  void keep_top_p();
  int32_t draw();
  // The i-th likeliest candidate. Sorts only as far as is asked, in growing steps.
  const Candidate& likeliest(size_t i);

  SamplingOptions options_;
  DryBreakers breakers_;
  std::mt19937_64 generator_;
  std::vector<float> logits_;
  std::vector<Candidate> candidates_;
  size_t n_sorted_ = 0;  // candidates_[0, n_sorted_) are in order and before all others
};

}  // namespace hanok
