// Prints attention's cost for one layer: decode in microseconds at three depths, prefill in GMAC/s.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include "ops/attention.h"

namespace hanok {
namespace {

constexpr int kHeads = 32, kKvHeads = 8;

// The best of several runs, in microseconds.
template <class Task>
double best_us(Task&& task) {
  double best = 1e30;
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    task();
    best = std::min(best, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

void measure(const ExecContext& ctx, int head_dim) {
  const int64_t n_prefill = 128;
  std::vector<float> kv(static_cast<size_t>(n_prefill * kKvHeads * head_dim), 0.125f);
  std::vector<float> q(static_cast<size_t>(n_prefill * kHeads * head_dim), 0.5f), out(q.size());
  const AttentionParams params{1.0f / std::sqrt(static_cast<float>(head_dim))};
  KvCache cache({1, kKvHeads, head_dim}, KvType::kF16, 8320);
  for (int64_t t = 0; t < 8320; t += n_prefill) cache.write(ctx, 0, t, n_prefill, kv.data(), kv.data());
  for (const int64_t depth : {64, 2048, 8192}) {
    const AttentionSegment one{&cache, 0, 1, depth}, many{&cache, 0, n_prefill, depth};
    const double decode = best_us([&] { attention(ctx, q.data(), kHeads, 0, {&one, 1}, params, out.data()); });
    const double prefill = best_us([&] { attention(ctx, q.data(), kHeads, 0, {&many, 1}, params, out.data()); });
    const double n_keys = static_cast<double>(depth) + static_cast<double>(n_prefill) / 2;
    const double macs = 2.0 * kHeads * head_dim * n_keys * static_cast<double>(n_prefill);
    std::printf("head_dim %3d depth %5lld: decode %8.1f us, prefill %6.1f GMAC/s\n", head_dim,
                static_cast<long long>(depth), decode, macs / prefill * 1e-3);
  }
}

}  // namespace
}  // namespace hanok

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const auto kernels = hanok::choose_kernels();
  if (!kernels) return 1;
  hanok::ThreadPool pool;
  const hanok::ExecContext ctx{pool, *kernels.value()};
  std::printf("%s, %d threads, f16 keys and values\n", isa_name(ctx.kernels.isa).data(), pool.n_threads());
  for (const int head_dim : {64, 80, 128}) hanok::measure(ctx, head_dim);
}
