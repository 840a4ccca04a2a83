// A loaded model of any family: its facts and its forward pass.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "nn/batch.h"
#include "nn/config_reader.h"
#include "nn/decoder.h"
#include "nn/weight_loader.h"

namespace hanok {

struct ModelInfo {
  std::string architecture;  // the family's name in the registry
  std::string name;          // general.name, or the folder's name
  int64_t n_layers = 0, hidden = 0, n_heads = 0, n_kv_heads = 0, head_dim = 0, ffn = 0, vocab = 0, max_context = 0;
  std::vector<int64_t> windows;  // keys that a token sees in each layer, its own among them; 0: all
  uint64_t n_params = 0, weights_bytes = 0;
};

class Model {
 public:
  virtual ~Model() = default;
  const ModelInfo& info() const { return info_; }
  ModelInfo& info() { return info_; }
  KvCache::Shape kv_shape() const {
    return {static_cast<int>(info_.n_layers), static_cast<int>(info_.n_kv_heads), static_cast<int>(info_.head_dim)};
  }
  // logits: [batch.logit_rows.size(), vocab].
  virtual void forward(const ExecContext& ctx, const Batch& batch, Workspace& work, float* logits) const = 0;

 private:
  ModelInfo info_;
};

// A model that is a plain nn::Decoder.
class DecoderModel final : public Model {
 public:
  explicit DecoderModel(Decoder decoder);
  void forward(const ExecContext& ctx, const Batch& batch, Workspace& work, float* logits) const override {
    decoder_.forward(ctx, batch, work, logits);
  }

 private:
  Decoder decoder_;
};

// One line of the registry. Names as in config.json's model_type and GGUF's general.architecture.
struct Family {
  const char* hf;
  const char* gguf;
  Result<std::unique_ptr<Model>> (*load)(ConfigReader& config, WeightLoader& weights);
};
std::span<const Family> families();

// What a model is called after its path: the folder's name, or the file's without .gguf.
std::string model_name(const std::filesystem::path& path);

// An error that names the known architectures when the checkpoint's is none of them.
Status known_family(const Checkpoint& checkpoint);

// What the family's loader takes from a folder, under GGUF's names. Errors: as load_model's, except that the weights'
// values are not looked at.
Result<LoadRecord> record_loading(const Checkpoint& checkpoint, const ExecContext& ctx);

// The model without its matrices: its sizes, the shape of its keys and values. Errors: as record_loading's.
Result<std::unique_ptr<Model>> load_outline(const Checkpoint& checkpoint, const ExecContext& ctx);

// Finds the family, loads every weight and checks that no key and no tensor is left unexplained.
Result<std::unique_ptr<Model>> load_model(const Checkpoint& checkpoint, const ExecContext& ctx,
                                          const std::function<void(double)>& progress = {}, PackCache* packs = nullptr);

}  // namespace hanok
