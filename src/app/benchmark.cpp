#include "app/benchmark.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/locale.h"
#include "engine/session.h"

namespace hanok {
namespace {

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<int32_t> some_tokens(int64_t n, int64_t vocab) {
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < n; ++i) ids.push_back(static_cast<int32_t>((1000 + i * 7919) % vocab));
  return ids;
}

// Keys that n tokens after `depth` others see in one layer, all together: each its own and those before it, or the
// last `window` of these.
double keys_seen(int64_t depth, int64_t n, int64_t window) {
  const int64_t n_below = window > 0 ? std::clamp<int64_t>(window - depth, 0, n) : n;  // tokens that see all
  return static_cast<double>(n_below * depth + n_below * (n_below + 1) / 2 + (n - n_below) * window);
}

// The sequences of one point with their caches.
class Runner {
 public:
  Runner(const Engine& engine, const BenchPoint& point, const std::function<bool()>& go_on)
      : engine_(engine), go_on_(go_on) {
    const int64_t capacity = point.depth + std::max(point.n_prompt, point.n_generate);
    for (int64_t i = 0; i < point.sequences; ++i)
      caches_.emplace_back(engine.model().kv_shape(), engine.kv_type(), std::max<int64_t>(1, capacity));
    logits_.resize(static_cast<size_t>(point.sequences * engine.info().vocab));
  }

  // n tokens into one sequence; the last one's logits are computed.
  Status prefill(size_t sequence, int64_t n) {
    constexpr auto kStep = static_cast<int64_t>(kPromptStep);
    const std::vector<int32_t> ids = some_tokens(n, engine_.info().vocab);
    for (int64_t done = 0; done < n; done += kStep) {
      if (!go_on_()) return stopped();
      const int64_t n_now = std::min(kStep, n - done), last = n_now - 1;
      const auto first_pos = static_cast<int32_t>(caches_[sequence].n_tokens());
      std::vector<int32_t> positions(static_cast<size_t>(n_now));
      std::iota(positions.begin(), positions.end(), first_pos);
      const AttentionSegment segment{&caches_[sequence], 0, n_now, first_pos};
      const std::span<const int32_t> tokens(ids.data() + done, static_cast<size_t>(n_now));
      forward({tokens, positions, std::span(&segment, 1), std::span(&last, done + n_now == n ? 1u : 0u)});
    }
    return {};
  }

  // Forgets all but the first n tokens of every sequence.
  void go_back(int64_t n) {
    for (KvCache& cache : caches_) cache.truncate(std::min(n, cache.n_tokens()));
  }

  // One more token for every sequence in one forward pass.
  Status step() {
    if (!go_on_()) return stopped();
    const auto n = static_cast<int64_t>(caches_.size());
    const std::vector<int32_t> ids = some_tokens(n, engine_.info().vocab);
    std::vector<int32_t> positions;
    std::vector<int64_t> rows;
    std::vector<AttentionSegment> segments;
    for (int64_t i = 0; i < n; ++i) {
      KvCache& cache = caches_[static_cast<size_t>(i)];
      positions.push_back(static_cast<int32_t>(cache.n_tokens()));
      rows.push_back(i);
      segments.push_back({&cache, i, 1, cache.n_tokens()});
    }
    forward({ids, positions, segments, rows});
    return {};
  }

 private:
  static tl::unexpected<Error> stopped() {
    return fail(ErrorKind::kInterrupted, in_language("끝나기 전에 멈췄습니다", "stopped before the end"), "bench");
  }
  void forward(const Batch& batch) { engine_.model().forward(engine_.exec(), batch, work_, logits_.data()); }

  const Engine& engine_;
  const std::function<bool()>& go_on_;
  std::vector<KvCache> caches_;
  Workspace work_;
  std::vector<float> logits_;
};

}  // namespace

TokenCost token_cost(const Engine& engine) {
  const Checkpoint& checkpoint = engine.checkpoint();
  const ModelInfo& info = engine.info();
  TokenCost cost;
  double quantized_bytes = 0, vocab_bytes = 0, smallest_vocab_bytes = 0;
  int n_vocab_matrices = 0;
  for (const std::string& name : checkpoint.names()) {
    const TensorView& view = *checkpoint.find(name);
    const auto n_bytes = static_cast<double>(view.n_bytes());
    if (is_quantized(view.dtype)) quantized_bytes += n_bytes;
    if (view.shape.rank == 2 && view.shape.n_rows() == info.vocab) {
      smallest_vocab_bytes = n_vocab_matrices++ == 0 ? n_bytes : std::min(smallest_vocab_bytes, n_bytes);
      vocab_bytes += n_bytes;
      continue;
    }
    if (view.shape.rank == 2) cost.body_macs += static_cast<double>(view.shape.n_elems());
    cost.weight_bytes += n_bytes;
  }
  cost.is_quantized = 2 * quantized_bytes > cost.weight_bytes + vocab_bytes;
  // Embedding and head have the vocabulary's rows; where there are both, one is read whole: the smaller, to stay a
  // limit.
  cost.weight_bytes += smallest_vocab_bytes;
  cost.head_macs = static_cast<double>(info.vocab * info.hidden);
  cost.macs_per_key = 2 * static_cast<double>(info.n_heads * info.head_dim);
  cost.windows = info.windows;
  return cost;
}

double least_seconds(const BenchPoint& point, const TokenCost& cost, double kv_bytes_per_token,
                     const MachineLimits& limits) {
  const double rate = cost.is_quantized ? limits.int8_macs_per_s : limits.f32_macs_per_s;
  const int64_t n_tokens = point.n_prompt > 0 ? point.n_prompt : point.n_generate;
  const auto n = static_cast<double>(n_tokens);
  double n_keys = 0;  // seen by one sequence's tokens, in all layers together
  for (const int64_t window : cost.windows) n_keys += keys_seen(point.depth, n_tokens, window);
  const double macs = n * cost.body_macs + n_keys * cost.macs_per_key;
  if (point.n_prompt > 0) return std::max((macs + cost.head_macs) / rate, cost.weight_bytes / limits.read_bytes_per_s);
  const auto sequences = static_cast<double>(point.sequences);
  const double key_bytes = kv_bytes_per_token / static_cast<double>(cost.windows.size());  // of one layer
  const double compute_s = sequences * (macs + n * cost.head_macs) / rate;
  const double read_s = (n * cost.weight_bytes + sequences * n_keys * key_bytes) / limits.read_bytes_per_s;
  return std::max(compute_s, read_s);
}

Result<std::vector<double>> run_point(const Engine& engine, const BenchPoint& point, int n_runs,
                                      const std::function<bool()>& go_on, const std::function<void()>& on_run) {
  Runner runner(engine, point, go_on);
  for (size_t i = 0; i < static_cast<size_t>(point.sequences); ++i)
    HANOK_RETURN_IF_ERROR(runner.prefill(i, point.depth));
  std::vector<double> seconds;
  for (int run = -1; run < n_runs; ++run) {  // the first warms up
    const double start_s = now_s();
    if (point.n_prompt > 0) HANOK_RETURN_IF_ERROR(runner.prefill(0, point.n_prompt));
    for (int64_t i = 0; i < (run < 0 ? std::min<int64_t>(1, point.n_generate) : point.n_generate); ++i)
      HANOK_RETURN_IF_ERROR(runner.step());
    const double end_s = now_s();
    runner.go_back(point.depth);
    if (run < 0) continue;
    seconds.push_back(end_s - start_s);
    on_run();
  }
  return seconds;
}

}  // namespace hanok
