#include "app/machine_limits.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/aligned_buffer.h"
#include "kernels/kernels.h"

namespace hanok {
namespace {

constexpr int kPasses = 5;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Units of work per second of the best pass. work(chunk_idx) does units_per_chunk.
template <class Work>
double best_rate(ThreadPool& pool, int64_t n_chunks, double units_per_chunk, Work&& work) {
  double best = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const double start = now_s();
    pool.run(n_chunks, [&](int64_t chunk, int) { work(chunk); });
    best = std::max(best, static_cast<double>(n_chunks) * units_per_chunk / (now_s() - start));
  }
  return best;
}

#if defined(__x86_64__)

// Loops of independent instructions on registers alone, enough of them to hide the latency. Written as assembly so that
// no compiler moves, merges or spills them; only registers that every encoding has are used.
#define HANOK_TIMES_12(op) op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11)
#define HANOK_LOOP(body)                                                                                        \
  asm volatile("vxorps %%ymm14, %%ymm14, %%ymm14\n\tvxorps %%ymm15, %%ymm15, %%ymm15\n1:\n\t" body              \
               "dec %0\n\tjnz 1b\n\tvzeroupper\n"                                                               \
               : "+r"(n_rounds)                                                                                 \
               :                                                                                                \
               : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
                 "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")

#define HANOK_OP(i) "vpdpbusd %%zmm14, %%zmm15, %%zmm" #i "\n\t"
void int8_avx512(int64_t n_rounds) {
  HANOK_LOOP(HANOK_TIMES_12(HANOK_OP));
}
#undef HANOK_OP
#define HANOK_OP(i) "%{vex%} vpdpbusd %%ymm14, %%ymm15, %%ymm" #i "\n\t"
void int8_avxvnni(int64_t n_rounds) {
  HANOK_LOOP(HANOK_TIMES_12(HANOK_OP));
}
#undef HANOK_OP
// Eight products of 4-bit codes fit into 16 bits before they are widened (kernels/lanes256.inc).
#define HANOK_NEXT "vpmaddubsw %%ymm14, %%ymm15, %%ymm13\n\tvpaddw %%ymm13, %%ymm12, %%ymm12\n\t"
#define HANOK_OP(i)                                                                                            \
  "vpmaddubsw %%ymm14, %%ymm15, %%ymm12\n\t" HANOK_NEXT HANOK_NEXT HANOK_NEXT HANOK_NEXT HANOK_NEXT HANOK_NEXT \
      HANOK_NEXT                                                                                               \
  "vpmaddwd %%ymm12, %%ymm15, %%ymm12\n\t"                                                                     \
  "vpaddd %%ymm12, %%ymm" #i ", %%ymm" #i "\n\t"
void int8_avx2(int64_t n_rounds) {
  HANOK_LOOP(HANOK_TIMES_12(HANOK_OP));
}
#undef HANOK_OP
#undef HANOK_NEXT
#define HANOK_OP(i) "vfmadd231ps %%zmm14, %%zmm15, %%zmm" #i "\n\t"
void f32_avx512(int64_t n_rounds) {
  HANOK_LOOP(HANOK_TIMES_12(HANOK_OP));
}
#undef HANOK_OP
#define HANOK_OP(i) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #i "\n\t"
void f32_avx2(int64_t n_rounds) {
  HANOK_LOOP(HANOK_TIMES_12(HANOK_OP));
}
#undef HANOK_OP
#undef HANOK_LOOP

// Reads of the widest kind: with narrower ones a processor cannot have as many of them under way.
#define HANOK_READ(body)                                                                                         \
  asm volatile("1:\n\t" body "dec %0\n\tjnz 1b\n\tvzeroupper\n"                                                  \
               : "+r"(n_rounds), "+r"(memory)                                                                    \
               :                                                                                                 \
               : "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", \
                 "xmm10", "xmm11")
#define HANOK_OP(i) "vmovdqa64 64*" #i "(%1), %%zmm" #i "\n\t"
void read_avx512(const void* memory, int64_t n_rounds) {
  HANOK_READ(HANOK_TIMES_12(HANOK_OP) "add $12*64, %1\n\t");
}
#undef HANOK_OP
#define HANOK_OP(i) "vmovdqa 32*" #i "(%1), %%ymm" #i "\n\t"
void read_avx2(const void* memory, int64_t n_rounds) {
  HANOK_READ(HANOK_TIMES_12(HANOK_OP) "add $12*32, %1\n\t");
}
#undef HANOK_OP
#undef HANOK_READ
#undef HANOK_TIMES_12

#endif

constexpr int64_t kRounds = int64_t{1} << 17;

// Without vector instructions: one product a turn in eight independent sums.
template <class T, class Sum>
void plain_rounds(int64_t n_rounds) {
  Sum sums[8] = {};
  volatile T factor = 1;
  const T a = factor;
  for (int64_t i = 0; i < n_rounds; ++i)
    for (Sum& sum : sums) {
      sum += static_cast<Sum>(a) * static_cast<Sum>(i & 1);
      asm volatile("" : "+r"(sum));
    }
}

void read_plain(const void* memory, int64_t n_rounds) {
  const auto* words = static_cast<const uint64_t*>(memory);
  uint64_t sums[4] = {};
  for (int64_t i = 0; i < 4 * n_rounds; i += 4)
    for (int64_t j = 0; j < 4; ++j) sums[j] += words[i + j];
  for (uint64_t& sum : sums) asm volatile("" : "+r"(sum));
}

struct Loop {
  void (*run)(int64_t n_rounds);
  double macs_per_round;
};

struct ReadLoop {
  void (*run)(const void* memory, int64_t n_rounds);
  int64_t bytes_per_round;
};

struct Loops {
  Loop int8, f32;
  ReadLoop read;
};

Loops widest_loops() {
#if defined(__x86_64__)
  const ReadLoop read{read_avx2, 12 * 32};
  if (kernels_for(Isa::kAvx512) != nullptr)
    return {{int8_avx512, 12 * 64}, {f32_avx512, 12 * 16}, {read_avx512, 12 * 64}};
  if (kernels_for(Isa::kAvxVnni) != nullptr) return {{int8_avxvnni, 12 * 32}, {f32_avx2, 12 * 8}, read};
  if (kernels_for(Isa::kAvx2) != nullptr) return {{int8_avx2, 12 * 8 * 32}, {f32_avx2, 12 * 8}, read};
#endif
  return {{plain_rounds<int8_t, int32_t>, 8}, {plain_rounds<int32_t, int64_t>, 8}, {read_plain, 32}};
}

// Of memory that is larger than most caches.
double read_bandwidth(ThreadPool& pool, const ReadLoop& loop) {
  constexpr int64_t kBytes = int64_t{512} << 20;
  AlignedBuffer<uint8_t> memory(kBytes);
  std::fill_n(memory.data(), kBytes, uint8_t{1});
  const int64_t n_rounds = (int64_t{2} << 20) / loop.bytes_per_round, chunk_bytes = n_rounds * loop.bytes_per_round;
  return best_rate(pool, kBytes / chunk_bytes, static_cast<double>(chunk_bytes),
                   [&](int64_t chunk) { loop.run(memory.data() + chunk * chunk_bytes, n_rounds); });
}

double multiply_rate(ThreadPool& pool, const Loop& loop) {
  const int64_t n_chunks = 8 * pool.n_threads();
  return best_rate(pool, n_chunks, kRounds * loop.macs_per_round, [&](int64_t) { loop.run(kRounds); });
}

}  // namespace

MachineLimits measure_limits(ThreadPool& pool) {
  const Loops loops = widest_loops();
  MachineLimits limits;
  limits.int8_macs_per_s = multiply_rate(pool, loops.int8);
  limits.f32_macs_per_s = multiply_rate(pool, loops.f32);
  limits.read_bytes_per_s = read_bandwidth(pool, loops.read);
  return limits;
}

}  // namespace hanok
