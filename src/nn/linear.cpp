#include "nn/linear.h"

#include <array>

#include "base/check.h"
#include "base/mapped_file.h"
#include "ops/elementwise.h"

namespace hanok {

void Linear::apply(const ExecContext& ctx, const float* x, int64_t n_tokens, float* y) const {
  matmul(ctx, weight, x, n_tokens, y);
  if (!bias.empty()) add_bias(ctx, y, n_tokens, n_out(), bias.data());
}

void Linear::apply(const ExecContext& ctx, const Activations& x, int64_t n_tokens, float* y) const {
  matmul(ctx, weight, x, n_tokens, y);
  if (!bias.empty()) add_bias(ctx, y, n_tokens, n_out(), bias.data());
}

void Embedding::rows(const ExecContext& ctx, std::span<const int32_t> ids, float* out) const {
  get_rows(ctx, table, ids, out);
  MappedFile::release({table.data, table.n_bytes()});
}

void apply_joint(const ExecContext& ctx, std::span<const Linear* const> layers, const NormedRows& x, int64_t n_tokens,
                 std::span<float* const> ys) {
  HANOK_CHECK(layers.size() <= 4 && layers.size() == ys.size(), "at most four layers share an input");
  std::array<const PackedMatrix*, 4> weights{};
  for (size_t i = 0; i < layers.size(); ++i) weights[i] = &layers[i]->weight;
  matmul_joint(ctx, std::span(weights.data(), layers.size()), x, n_tokens, ys);
  for (size_t i = 0; i < layers.size(); ++i) {
    if (!layers[i]->bias.empty()) add_bias(ctx, ys[i], n_tokens, layers[i]->n_out(), layers[i]->bias.data());
  }
}

}  // namespace hanok
