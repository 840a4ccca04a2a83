// Kernels on vectors: norms, activations, half-float conversion.
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
  // x = gelu(x), exact form, with erf within 2e-7.
  void (*gelu_erf)(float* x, int64_t n);
  // out = (x - mean) / sqrt(variance + eps) * weight + bias; weight and bias may be null; out may be x.
  void (*layer_norm)(const float* x, const float* weight, const float* bias, int64_t n, float eps, float* out);
  void (*f32_to_f16)(const float* x, int64_t n, uint16_t* out);
  void (*f16_to_f32)(const uint16_t* x, int64_t n, float* out);
};

const VectorKernels& vector_kernels_portable();
const VectorKernels& vector_kernels_avx2();
const VectorKernels& vector_kernels_avx512();

}  // namespace hanok
