// Activations of several tokens as int8, as the integer kernels take them (kernels.h), in memory that is used again.
#pragma once

#include <cstdint>

#include "base/aligned_buffer.h"
#include "ops/context.h"
#include "ops/norm.h"

namespace hanok {

class Activations {
 public:
  // Makes room for [n_tokens, n_cols], n_cols a multiple of 32; what was there is lost.
  void resize(int64_t n_tokens, int64_t n_cols);
  // Quantises x [n_tokens, n_cols] on all threads, each row as soon as it is normalised.
  void quantize(const ExecContext& ctx, const NormedRows& x, int64_t n_tokens, int64_t n_cols);

  QuantizedActivations view() const;
  // Where a token's columns from first_col (a multiple of 32) on go.
  ActivationRow row(int64_t token, int64_t first_col = 0);
  int64_t n_cols() const { return n_cols_; }

 private:
  int64_t n_cols_ = 0;
  AlignedBuffer<int8_t> codes_;
  AlignedBuffer<float> scales_, scaled_sums_;
  AlignedBuffer<int32_t> zero_parts_;
};

}  // namespace hanok
