// Chooses the next token from logits; the same seed gives the same tokens on every machine and thread count.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace hanok {

struct SamplingOptions {
  float temperature = 0.7f;  // 0: the largest logit
  int top_k = 40;            // 0: all
  float top_p = 0.95f;       // 1: all
  float min_p = 0;           // share of the largest probability
  float typical_p = 1;       // 1: all
  float repetition_penalty = 1, presence_penalty = 0, frequency_penalty = 0;
  int penalty_last_n = 256;  // tokens looked back at
  float dry_multiplier = 0, dry_base = 1.75f;
  int dry_allowed_length = 2;
  uint64_t seed = 0;
  std::map<int32_t, float> logit_bias;
  std::vector<std::string> stop;
  int64_t max_tokens = -1;  // -1: until the end or the context is full
  bool ignore_eos = false;
};

class Sampler {
 public:
  explicit Sampler(const SamplingOptions& options);

  // logits: [vocab]; history: prompt and answer so far, for the penalties.
  int32_t sample(std::span<const float> logits, std::span<const int32_t> history);

 private:
  struct Candidate {
    int32_t id;
    float logit, probability;
  };
  void penalize(std::span<const int32_t> history);
  void penalize_repeats(std::span<const int32_t> history);  // DRY
  void keep_top_k();
  void softmax();
  void keep_typical();
  void keep_top_p();
  int32_t draw();

  SamplingOptions options_;
  std::mt19937_64 generator_;
  std::vector<float> logits_;
  std::vector<Candidate> candidates_;
};

}  // namespace hanok
