// What this machine can do at most: reading memory, and multiplying and adding in the widest instruction it has.
#pragma once

#include "base/thread_pool.h"

namespace hanok {

struct MachineLimits {
  double read_bytes_per_s = 0;  // from memory, all threads
  double int8_macs_per_s = 0;   // int8 products added into int32: VNNI where there is it, else the AVX2 sequence
  double f32_macs_per_s = 0;    // fused multiply-adds
};

// Takes about half a second and 512 MB; the best of several passes counts. A busy machine measures too low.
MachineLimits measure_limits(ThreadPool& pool);

}  // namespace hanok
