// Prints attention's cost for one layer: decode in microseconds, prefill of 512 tokens in GMAC/s and as a share of what
// the processors do in f32 multiply-adds, for each head size, depth and type of keys and values.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include "app/machine_limits.h"
#include "ops/attention.h"

namespace hanok {
namespace {

constexpr int kHeads = 32, kKvHeads = 8;
constexpr int64_t kPrefill = 512, kDepths[] = {0, 2048, 8192}, kMostTokens = kDepths[2] + kPrefill;

// The best of the runs that fit into 0.2 seconds, of five at least, in microseconds.
template <class Task>
double best_us(Task&& task) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(200);
  double best = 1e30;
  for (int i = 0; i < 5 || Clock::now() < end; ++i) {
    const auto start = Clock::now();
    task();
    best = std::min(best, std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  return best;
}

void measure(const ExecContext& ctx, int head_dim, KvType type, double macs_per_s) {
  std::vector<float> kv(static_cast<size_t>(kPrefill * kKvHeads * head_dim));
  for (size_t i = 0; i < kv.size(); ++i) kv[i] = static_cast<float>(i * 7919 % 255) / 255 - 0.5f;
  std::vector<float> q(static_cast<size_t>(kPrefill * kHeads * head_dim), 0.5f), out(q.size());
  const AttentionParams params{1.0f / std::sqrt(static_cast<float>(head_dim))};
  KvCache cache({1, kKvHeads, head_dim}, type, kMostTokens);
  for (int64_t t = 0; t < kMostTokens; t += kPrefill) cache.write(ctx, 0, t, kPrefill, kv.data(), kv.data());
  for (const int64_t depth : kDepths) {
    const AttentionSegment one{&cache, 0, 1, depth}, many{&cache, 0, kPrefill, depth};
    const double decode = best_us([&] { attention(ctx, q.data(), kHeads, 0, {&one, 1}, params, out.data()); });
    const double prefill = best_us([&] { attention(ctx, q.data(), kHeads, 0, {&many, 1}, params, out.data()); });
    const double n_keys = static_cast<double>(depth) + static_cast<double>(kPrefill + 1) / 2;
    const double rate = 2.0 * kHeads * head_dim * n_keys * static_cast<double>(kPrefill) / prefill * 1e6;
    std::printf("| %3d | %s | %5lld | %8.1f | %6.1f | %3.0f %% |\n", head_dim, type == KvType::kF16 ? "f16" : "q8 ",
                static_cast<long long>(depth), decode, rate * 1e-9, 100 * rate / macs_per_s);
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
  const double macs_per_s = hanok::measure_limits(pool).f32_macs_per_s;
  std::printf("%s, %d threads; f32 multiply-adds: %.1f GMAC/s\n\n", isa_name(ctx.kernels.isa).data(), pool.n_threads(),
              macs_per_s * 1e-9);
  std::printf(
      "| head_dim | keys, values | depth | decode, us a layer | prefill, GMAC/s | share "
      "|\n|---|---|---|---|---|---|\n");
  for (const hanok::KvType type : {hanok::KvType::kF16, hanok::KvType::kQ8})
    for (const int head_dim : {64, 80, 96, 128, 160, 256}) hanok::measure(ctx, head_dim, type, macs_per_s);
}
