// Prints the matrix product's speed for each weight type: GB/s of packed weights for few tokens, GMAC/s for many.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/f16.h"
#include "ops/matmul.h"

namespace hanok {
namespace {

// Few tokens read 1 GB or so of weights, far more than caches hold; many tokens multiply with one matrix of a model.
constexpr int64_t kIn = 1536, kOutFew = 1048576, kOutMany = 8960;
constexpr int64_t kFewTokens = 4;
constexpr DType kTypes[] = {DType::kQ4_K, DType::kQ6_K, DType::kQ5_K,   DType::kQ8_0, DType::kQ5_0, DType::kQ4_0,
                            DType::kQ3_K, DType::kQ2_K, DType::kIQ4_XS, DType::kF16,  DType::kBF16};

// The best of several runs, in seconds.
template <class Task>
double best_s(int n_runs, Task&& task) {
  double best = 1e30;
  for (int i = 0; i < n_runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    task();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

PackedMatrix random_matrix(const ExecContext& ctx, DType dtype, int64_t n_out) {
  TensorView view{dtype, shape_of({n_out, kIn}), nullptr};
  std::vector<std::byte> bytes(view.n_bytes());
  // Halfs, in scales and as weights, are below 1; BF16 weights are no denormals, which would be slow to multiply.
  const uint32_t exponent = dtype == DType::kBF16 ? 0x30 : 0;
  uint32_t state = 1;
  for (std::byte& b : bytes)
    b = static_cast<std::byte>(((state = state * 1664525 + 1013904223) >> 24 & 0x3b) | exponent);
  view.data = bytes.data();
  auto weight = PackedMatrix::pack(ctx, view);
  if (!weight) std::exit(1);
  return std::move(*weight);
}

void measure(const ExecContext& ctx, DType dtype) {
  const PackedMatrix few = random_matrix(ctx, dtype, kOutFew), many = random_matrix(ctx, dtype, kOutMany);
  std::vector<float> x(512 * kIn), y(static_cast<size_t>(std::max(kFewTokens * kOutFew, 512 * kOutMany)));
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(static_cast<int>(i * 7919 % 255) - 127);
  std::printf("%-6s", dtype_info(dtype).name.data());
  for (const int64_t n_tokens : {1, 2, 4, 8, 16, 64, 512}) {
    const PackedMatrix& weight = n_tokens <= kFewTokens ? few : many;
    const double s = best_s(7, [&] { matmul(ctx, weight, x.data(), n_tokens, y.data()); });
    if (n_tokens <= kFewTokens)
      std::printf("  %2d: %5.1f GB/s", static_cast<int>(n_tokens), static_cast<double>(weight.n_bytes()) / s * 1e-9);
    else
      std::printf("  %3d: %5.1f GMAC/s", static_cast<int>(n_tokens),
                  static_cast<double>(n_tokens * kIn * kOutMany) / s * 1e-9);
  }
  std::printf("\n");
}

}  // namespace
}  // namespace hanok

// Arguments: the number of threads (default: all), then a type's name (default: each).
int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const auto kernels = hanok::choose_kernels();
  if (!kernels) return 1;
  hanok::ThreadPool pool(argc > 1 ? std::atoi(argv[1]) : 0);
  const hanok::ExecContext ctx{pool, *kernels.value()};
  std::printf("%s, %d threads\n", isa_name(ctx.kernels.isa).data(), pool.n_threads());
  for (const hanok::DType dtype : hanok::kTypes) {
    if (argc < 3 || hanok::dtype_info(dtype).name == argv[2]) hanok::measure(ctx, dtype);
  }
}
