// Matrix products with packed weights.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/result.h"
#include "ops/context.h"
#include "tensor/tensor_view.h"

namespace hanok {

// A weight [n_out, n_in] in panels of 32 rows (kernels/panel.h); F32, F16 and BF16 as [n_in][32 rows] in their own
// type.
class PackedMatrix {
 public:
  // Copies the weight into panels, on all threads. `done` hears, on any thread, of parts of the weight's bytes that are
  // in the panels and not needed again (empty: nobody does). Errors: a type that is no weight type, columns not in
  // whole blocks.
  static Result<PackedMatrix> pack(const ExecContext& ctx, const TensorView& weight,
                                   const std::function<void(std::span<const std::byte>)>& done = {});

  int64_t n_out() const { return n_out_; }
  int64_t n_in() const { return n_in_; }
  size_t n_bytes() const { return bytes_.count(); }
  DType dtype() const { return dtype_; }
  int64_t n_panels() const { return (n_out_ + kPanelRows - 1) / kPanelRows; }
  const uint8_t* panel(int64_t panel_idx) const {
    return bytes_.data() + static_cast<size_t>(panel_idx) * panel_bytes_;
  }
  const PanelFormat& format() const { return format_; }

 private:
  DType dtype_ = DType::kF32;
  PanelFormat format_{};
  int64_t n_out_ = 0, n_in_ = 0;
  size_t panel_bytes_ = 0;
  AlignedBuffer<uint8_t> bytes_;
};

// y = x W^T. x: [n_tokens, n_in], y: [n_tokens, n_out].
void matmul(const ExecContext& ctx, const PackedMatrix& weight, const float* x, int64_t n_tokens, float* y);
// Several weights on the same x, which is quantised once. All have the same n_in.
void matmul_joint(const ExecContext& ctx, std::span<const PackedMatrix* const> weights, const float* x,
                  int64_t n_tokens, std::span<float* const> ys);
// out[i] = row ids[i] of the table as f32. out: [ids.size(), n_cols].
void get_rows(const ExecContext& ctx, const TensorView& table, std::span<const int32_t> ids, float* out);

}  // namespace hanok
