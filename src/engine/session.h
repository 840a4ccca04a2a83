// One conversation with an engine: keeps its keys and values, so that a prompt that begins alike is not computed twice.
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/prompt_lookup.h"
#include "engine/sampler.h"

namespace hanok {

inline constexpr size_t kPromptStep = 512;  // tokens of a prompt that one forward pass reads

enum class StopReason { kEnd, kStopString, kMaxTokens, kContextFull, kCancelled };

struct Generation {
  std::string text;          // without the stop string
  std::vector<int32_t> ids;  // every sampled token, the end token included
  StopReason reason = StopReason::kEnd;
  int64_t n_prompt = 0;                        // tokens of the prompt
  int64_t n_prompt_reused = 0;                 // of these, how many were still in the cache
  int64_t n_guessed = 0, n_guessed_right = 0;  // tokens looked up in the text, and how many of them were sampled
  double prompt_ms = 0, generate_ms = 0;
};

// Milliseconds since some moment.
double monotonic_ms();

class Session {
 public:
  // clock_ms: what timings are taken with, and whether guesses pay is judged by.
  explicit Session(Engine& engine, std::function<double()> clock_ms = monotonic_ms);

  // Continues `prompt`. on_text gets whole characters as they come (empty: none) and cancels by returning false; so
  // does *cancel. Errors: an empty prompt, a token outside the vocabulary, a prompt that does not fit into the context,
  // what check_sampling refuses, logits that are not numbers.
  Result<Generation> generate(std::span<const int32_t> prompt, const SamplingOptions& sampling,
                              const std::function<bool(std::string_view)>& on_text,
                              const std::atomic<bool>* cancel = nullptr);

  // Feeds `ids` after what is cached. Returns the logits after the last of them [vocab], or after each [n, vocab].
  Result<std::vector<float>> logits(std::span<const int32_t> ids, bool all);

  // Tokens whose keys and values are cached.
  std::span<const int32_t> cached() const { return cached_; }
  // Keeps at most the first n_tokens of them.
  void truncate(int64_t n_tokens);
  void clear() { truncate(0); }

 private:
  class Steps;

  Status check(std::span<const int32_t> ids, int64_t n_cached) const;
  // One forward pass over at most kPromptStep tokens.
  void feed(std::span<const int32_t> ids, std::span<const int64_t> logit_rows, float* logits);
  // Samples token after token from the logits of the prompt's last on.
  Status answer(std::span<const int32_t> prompt, const SamplingOptions& sampling,
                const std::function<bool(std::string_view)>& on_text, const std::atomic<bool>* cancel,
                Generation& result);
  // Feeds all of ids; false when cancelled between two chunks. Leaves the last token's logits in logits_.
  bool prefill(std::span<const int32_t> ids, const std::atomic<bool>* cancel);

  Engine& engine_;
  std::function<double()> clock_ms_;
  KvCache cache_;
  Workspace work_;
  std::vector<int32_t> cached_;
  std::vector<float> logits_;
};

}  // namespace hanok
