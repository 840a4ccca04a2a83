// The table of kernels of one instruction set, and the choice of a set at start.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "kernels/attention_kernels.h"
#include "kernels/panel.h"
#include "kernels/vector_kernels.h"

namespace hanok {

// kAvx512Bf16 is kAvx512 with vdpbf16ps for products with BF16 weights.
enum class Isa { kPortable, kAvx2, kAvxVnni, kAvx512, kAvx512Bf16 };
inline constexpr Isa kEveryIsa[] = {Isa::kPortable, Isa::kAvx2, Isa::kAvxVnni, Isa::kAvx512, Isa::kAvx512Bf16};

// Activations of several tokens as int8 in blocks of 32 columns: x = scale * code.
struct QuantizedActivations {
  const int8_t* codes;        // [n_tokens, n_cols], -127 .. 127
  const float* scales;        // [n_tokens, n_cols / 32]
  const float* scaled_sums;   // [n_tokens, n_cols / 32] scale times the sum of a block's codes
  const int32_t* zero_parts;  // [n_tokens, n_cols / 16] -32 times the sum of 16 codes: what a zero point of 32 adds
  int64_t n_cols;
};

// Where one token's quantised activations go.
struct ActivationRow {
  int8_t* codes;
  float* scales;
  float* scaled_sums;
  int32_t* zero_parts;
};

struct KernelTable {
  Isa isa;

  // Quantises one row of n_cols (a multiple of 32) f32 values. A block's scale is its largest magnitude / 127; it is 0
  // where all are below 1e-35, and NaN, as then all products are, where one is a NaN or infinite.
  void (*quantize_activations)(const float* x, int64_t n_cols, const ActivationRow& out);

  // y[t * y_stride + r] for the n_rows <= 32 rows of one quantised panel and n_tokens tokens. A token's result does not
  // depend on the other tokens. `panel` as in panel.h; `next` is the one that will be read after it, whose beginning is
  // fetched meanwhile (any address will do).
  void (*matmul_panel)(const PanelFormat& format, const uint8_t* panel, const uint8_t* next, int n_rows,
                       const QuantizedActivations& x, int64_t n_tokens, float* y, int64_t y_stride);

  // Expands `n_blocks` blocks of a quantised panel from block first_block (a multiple of 8 for K formats) to f32:
  // out[block][32 columns][32 rows].
  void (*expand_panel)(const PanelFormat& format, const uint8_t* panel, int64_t first_block, int64_t n_blocks,
                       float* out);

  // acc[t][32] += sum over k of w[k][32] * x[t * x_stride + k], in the order of k. w: F32, F16 or BF16, converted once
  // per tile of tokens.
  void (*fma_panel)(DType dtype, const uint8_t* w, int64_t n_k, const float* x, int64_t x_stride, int64_t n_tokens,
                    float* acc);

  AttendBlock attend_block;

  VectorKernels vec;

  // Where the processor multiplies BF16 by BF16; else both are null. Rounds to nearest even, denormals to 0, NaN stays
  // NaN; a 0 follows an odd number of values, so that they are whole pairs.
  void (*round_to_bf16)(const float* x, int64_t n, uint16_t* out) = nullptr;
  // As fma_panel, of BF16 weights and rounded activations: exact products are added to f32 sums in pairs of k, in the
  // instruction's own order; denormals are 0. x_stride is even; what is behind an odd n_k in x is read and must be 0.
  void (*dot_bf16_panel)(const uint8_t* w, int64_t n_k, const uint16_t* x, int64_t x_stride, int64_t n_tokens,
                         float* acc) = nullptr;
};

std::string_view isa_name(Isa isa);
// The set's table, or null when this processor lacks it.
const KernelTable* kernels_for(Isa isa);
// The fastest set of this processor, or the one that HANOK_ISA names (an error when it is unknown or missing here).
Result<const KernelTable*> choose_kernels();

}  // namespace hanok
