#include "nn/layer_norm.h"

#include "ops/norm.h"

namespace hanok {

void LayerNorm::apply(const ExecContext& ctx, const float* x, int64_t n_rows, float* out) const {
  layer_norm(ctx, x, n_rows, static_cast<int64_t>(weight.size()), weight.data(), bias.data(), eps, out);
}

}  // namespace hanok
