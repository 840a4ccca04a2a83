// What this machine can do at most: reading memory, and multiplying and adding in the widest instruction it has.
#pragma once

#include "base/thread_pool.h"

namespace hanok {

struct MachineLimits {
  double read_bytes_per_s = 0;  // from memory, all threads
  // Int8 products added into int32: VNNI where there is it, else AVX2's sequence for 4-bit weights, its shortest.
  double int8_macs_per_s = 0;
  double f32_macs_per_s = 0;  // fused multiply-adds
};

// Takes about half a second and 512 MB; the best of several passes counts. A busy machine measures too low.
MachineLimits measure_limits(ThreadPool& pool);

}  // namespace hanok
