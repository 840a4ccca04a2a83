// What every operation needs: threads, kernels and the precision of matrix products.
#pragma once

#include "base/thread_pool.h"
#include "kernels/kernels.h"

namespace hanok {

// kInt8: activations are quantised to int8 in blocks of 32 for quantised weights, and rounded to BF16 for BF16 weights
// where the kernels multiply those. kF32: weights are expanded to f32 on the fly and nothing is rounded; slow, for
// verification. Other float weights always take the second way.
enum class Precision { kInt8, kF32 };

struct ExecContext {
  ThreadPool& pool;
  const KernelTable& kernels;
  Precision precision = Precision::kInt8;
};

}  // namespace hanok
