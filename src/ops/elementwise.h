// Operations on single elements; all in place, n elements.
#pragma once

#include <cstdint>

#include "ops/context.h"

namespace hanok {

void add(const ExecContext& ctx, float* x, const float* y, int64_t n);                               // x += y
void add_scaled(const ExecContext& ctx, float* x, const float* y, float s, int64_t n);               // x += s * y
void scale(const ExecContext& ctx, float* x, float s, int64_t n);                                    // x *= s
void add_bias(const ExecContext& ctx, float* x, int64_t n_rows, int64_t n_cols, const float* bias);  // each row += bias
void silu_mul(const ExecContext& ctx, float* gate, const float* up, int64_t n);       // gate = silu(gate) * up
void gelu_tanh_mul(const ExecContext& ctx, float* gate, const float* up, int64_t n);  // gate = gelu(gate) * up
void gelu_tanh(const ExecContext& ctx, float* x, int64_t n);                          // tanh form
void gelu_erf(const ExecContext& ctx, float* x, int64_t n);                           // exact form

}  // namespace hanok
