// Kernels on vectors: norms, activations, half-float conversion and the inner steps of attention.
#pragma once

#include <cstdint>

namespace hanok {

struct VectorKernels {
  // out = x * weight / sqrt(mean(x^2) + eps); weight may be null; out may be x.
  void (*rms_norm)(const float* x, const float* weight, int64_t n, float eps, float* out);
  // gate = silu(gate) * up.
  void (*silu_mul)(float* gate, const float* up, int64_t n);
  // gate = gelu(gate, tanh form) * up; up may be null.
  void (*gelu_tanh_mul)(float* gate, const float* up, int64_t n);
  void (*f32_to_f16)(const float* x, int64_t n, uint16_t* out);
  void (*f16_to_f32)(const uint16_t* x, int64_t n, float* out);
  // One block of online softmax attention for n_q queries that share n_keys keys and values (n_keys <= 64).
  // q: [n_q, head_dim]; k, v: [n_keys, head_dim] f32; first_key/last_key[q]: the visible range of keys of query q (may
  // be empty). Updates max [n_q] (start at a very negative finite number), sum [n_q] and acc [n_q, head_dim].
  void (*attend_block)(const float* q, const float* k, const float* v, int64_t n_q, int64_t head_dim,
                       const int32_t* first_key, const int32_t* last_key, float scale, float softcap, float* max,
                       float* sum, float* acc);
};

const VectorKernels& vector_kernels_portable();
const VectorKernels& vector_kernels_avx2();
const VectorKernels& vector_kernels_avx512();

}  // namespace hanok
