// What vdpbf16ps gives products with BF16 weights on this processor (HANOK_ISA=avx512bf16): its rate beside that of f32
// multiply-adds, which keep activations in f32. One thread, no memory: the upper limit of both.
#include <immintrin.h>

#include <chrono>
#include <cstdio>

namespace {

constexpr long kSteps = 30'000'000;

// Fourteen independent sums, so that latency does not count.
#define HANOK_FOURTEEN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)
#define HANOK_SUM(i) __m512 sum##i = _mm512_setzero_ps();
#define HANOK_TOTAL(i) total = _mm512_add_ps(total, sum##i);
#define HANOK_FMA(i) asm volatile("vfmadd231ps %1, %1, %0" : "+v"(sum##i) : "v"(x));
#define HANOK_BFLOAT(i) asm volatile("vdpbf16ps %1, %1, %0" : "+v"(sum##i) : "v"(x));

// GMAC/s of STEP, which does n_macs each.
#define HANOK_RATE(NAME, STEP, n_macs)                                                                      \
  __attribute__((target("avx512f,avx512bf16"))) double NAME() {                                             \
    const __m512 x = _mm512_set1_ps(0.5f);                                                                  \
    HANOK_FOURTEEN(HANOK_SUM)                                                                               \
    const auto begin = std::chrono::steady_clock::now();                                                    \
    for (long step = 0; step < kSteps; ++step) {                                                            \
      HANOK_FOURTEEN(STEP)                                                                                  \
    }                                                                                                       \
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); \
    __m512 total = _mm512_setzero_ps();                                                                     \
    HANOK_FOURTEEN(HANOK_TOTAL)                                                                             \
    volatile float kept = _mm512_cvtss_f32(total);                                                          \
    static_cast<void>(kept);                                                                                \
    return static_cast<double>(kSteps) * 14 * (n_macs) / seconds / 1e9;                                     \
  }

HANOK_RATE(fma_rate, HANOK_FMA, 16)
HANOK_RATE(bfloat_rate, HANOK_BFLOAT, 32)

}  // namespace

int main() {
  if (!__builtin_cpu_supports("avx512bf16")) {
    std::puts("this processor has no vdpbf16ps");
    return 0;
  }
  std::puts("f32 multiply-add  vdpbf16ps  GMAC/s");
  for (int round = 0; round < 5; ++round) std::printf("%16.1f  %9.1f\n", fma_rate(), bfloat_rate());
}
