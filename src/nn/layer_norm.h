// The layer norm with a bias.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/context.h"

namespace hanok {

struct LayerNorm {
  std::vector<float> weight, bias;
  float eps = 1e-5f;

  bool present() const { return !weight.empty(); }
  // x, out: [n_rows, weight.size()]; out may be x.
  void apply(const ExecContext& ctx, const float* x, int64_t n_rows, float* out) const;
};

}  // namespace hanok
