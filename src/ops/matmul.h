// Matrix products with packed weights.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "ops/activations.h"
#include "ops/context.h"
#include "tensor/tensor_view.h"

namespace hanok {

// Where panels lie: memory of their own, or part of a mapped file. 64-byte aligned.
struct PanelMemory {
  std::shared_ptr<const void> owner;
  uint8_t* bytes = nullptr;
};

// A weight [n_out, n_in] in panels of 32 rows (kernels/panel.h); F32, F16 and BF16 as [n_in][32 rows] in their own
// type.
class PackedMatrix {
 public:
  // Bytes of a weight's panels. Errors: a type that is no weight type, columns not in whole blocks.
  static Result<size_t> bytes_for(DType dtype, const Shape& shape);
  // Copies the weight into panels, on all threads: into `room` of bytes_for() bytes, or memory of its own. `done`
  // hears, on any thread, of parts of the weight's bytes that are in the panels and not needed again (empty: nobody
  // does).
  static Result<PackedMatrix> pack(const ExecContext& ctx, const TensorView& weight,
                                   const std::function<void(std::span<const std::byte>)>& done = {},
                                   PanelMemory room = {});
  // Panels of such a weight that were packed before.
  static Result<PackedMatrix> packed(DType dtype, const Shape& shape, PanelMemory panels);

  int64_t n_out() const { return n_out_; }
  int64_t n_in() const { return n_in_; }
  size_t n_bytes() const { return panel_bytes_ * static_cast<size_t>(n_panels()); }
  DType dtype() const { return dtype_; }
  int64_t n_panels() const { return (n_out_ + kPanelRows - 1) / kPanelRows; }
  const uint8_t* panel(int64_t panel_idx) const {
    return panels_.bytes + static_cast<size_t>(panel_idx) * panel_bytes_;
  }
  const PanelFormat& format() const { return format_; }

 private:
  static Result<PackedMatrix> of(DType dtype, const Shape& shape);

  DType dtype_ = DType::kF32;
  PanelFormat format_{};
  int64_t n_out_ = 0, n_in_ = 0;
  size_t panel_bytes_ = 0;
  PanelMemory panels_;
};

// y = x W^T. x: [n_tokens, n_in], y: [n_tokens, n_out].
void matmul(const ExecContext& ctx, const PackedMatrix& weight, const float* x, int64_t n_tokens, float* y);
// Several weights on the same x, which is normalised and quantised once. All have the same n_in.
void matmul_joint(const ExecContext& ctx, std::span<const PackedMatrix* const> weights, const NormedRows& x,
                  int64_t n_tokens, std::span<float* const> ys);
// Whether products with this weight are computed from quantised activations.
bool takes_integers(const ExecContext& ctx, const PackedMatrix& weight);
// The same with activations that are quantised already, of a weight that takes_integers().
void matmul(const ExecContext& ctx, const PackedMatrix& weight, const Activations& x, int64_t n_tokens, float* y);
// gate = activation(gate) * up of n elements: VectorKernels' silu_mul, gelu_tanh_mul.
using GatedActivation = void (*)(float* gate, const float* up, int64_t n);
// out = activation(x gate^T) * (x up^T), quantised panel by panel and never written as f32. Both weights
// take_integers() and have the same shape, n_out a multiple of 32.
void matmul_gated(const ExecContext& ctx, const PackedMatrix& gate, const PackedMatrix& up, GatedActivation activation,
                  const NormedRows& x, int64_t n_tokens, Activations& out);
// out[i] = row ids[i] of the table as f32. out: [ids.size(), n_cols].
void get_rows(const ExecContext& ctx, const TensorView& table, std::span<const int32_t> ids, float* out);

}  // namespace hanok
