// What GPT-NeoX and GPT-J share: the model around nn::GptDecoder and its norms' loading.
#pragma once

#include "model/model.h"
#include "nn/gpt_decoder.h"
#include "nn/weight_loader.h"

namespace hanok {

class GptModel final : public Model {
 public:
  explicit GptModel(GptDecoder decoder);
  void forward(const ExecContext& ctx, const Batch& batch, Workspace& work, float* logits) const override {
    decoder_.forward(ctx, batch, work, logits);
  }

 private:
  GptDecoder decoder_;
};

// A layer norm's weight and bias [n].
Result<LayerNorm> load_layer_norm(TensorName name, int64_t layer_idx, int64_t n, float eps, WeightLoader& weights);
// The error for a hidden size that the heads do not divide, or rotated dimensions that do not fit a head.
Status check_gpt_sizes(const GptDecoder& decoder, int64_t n_rot);

}  // namespace hanok
