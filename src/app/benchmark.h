// Timed runs of a loaded model, and the least time that this machine's limits allow for them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "app/machine_limits.h"
#include "engine/engine.h"

namespace hanok {

// One line of the table: a prompt of n_prompt tokens, or n_generate decode steps of `sequences` sequences at once, each
// after `depth` tokens.
struct BenchPoint {
  int64_t n_prompt = 0, n_generate = 0, depth = 0, sequences = 1;
  // Tokens that are counted.
  int64_t n_tokens() const { return n_prompt > 0 ? n_prompt : n_generate * sequences; }
};

// What one token costs at least, from the shapes of the weights.
struct TokenCost {
  double body_macs = 0;          // of every token
  double head_macs = 0;          // of a token whose logits are wanted
  double macs_per_key = 0;       // attention over one key, one layer
  double weight_bytes = 0;       // read once in a forward pass, without the embedding's other rows
  bool is_quantized = true;      // most bytes are of quantised types, which the integer kernels multiply
  std::vector<int64_t> windows;  // as ModelInfo's
};
TokenCost token_cost(const Engine& engine);

// Seconds that the point takes at least: matrix products and attention at the machine's rate (int8 for quantised
// weights, else f32), or a prompt's weights read once, and a decode step's with the keys and values that it sees,
// whichever is longer. Keys outside a layer's window are not seen. kv_bytes_per_token: of all layers.
double least_seconds(const BenchPoint& point, const TokenCost& cost, double kv_bytes_per_token,
                     const MachineLimits& limits);

// Runs the point n_runs times, after a warm-up that is not timed, and returns the seconds of each; what lies before the
// timed part is computed once. `go_on` is asked between forward passes, `on_run` called after each run. Error:
// kInterrupted when go_on says no.
Result<std::vector<double>> run_point(const Engine& engine, const BenchPoint& point, int n_runs,
                                      const std::function<bool()>& go_on, const std::function<void()>& on_run);

}  // namespace hanok
