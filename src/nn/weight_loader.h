// Takes a model's tensors out of a checkpoint by name: shapes checked, values finite, nothing missing, nothing left
// over.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "nn/linear.h"
#include "nn/load_record.h"
#include "nn/pack_cache.h"

namespace hanok {

// A tensor's name without ".weight" in safetensors and in GGUF; "{}" stands for the layer's index.
struct TensorName {
  std::string_view hf;
  std::string_view gguf;
};

enum class Bias { kNone, kIfPresent, kRequired };

class WeightLoader {
 public:
  // progress is called with the share of bytes taken so far, 0 to 1. packs (may be null) keeps the packed weights.
  WeightLoader(const Checkpoint& checkpoint, const ExecContext& ctx, std::function<void(double)> progress = {},
               PackCache* packs = nullptr);

  // Writes down what is asked for instead of loading it: shapes are checked, linear layers stay empty.
  WeightLoader(const Checkpoint& checkpoint, const ExecContext& ctx, LoadRecord& record);

  const Checkpoint& checkpoint() const { return checkpoint_; }
  bool has(TensorName name, int64_t layer_idx = -1, std::string_view suffix = ".weight") const;

  // A weight [n_out, n_in] packed for this machine; its mapped pages are let go.
  Result<Linear> linear(TensorName name, int64_t layer_idx, int64_t n_out, int64_t n_in, Bias bias = Bias::kNone);
  // A vector [n] as f32.
  Result<std::vector<float>> vector(TensorName name, int64_t layer_idx, int64_t n, std::string_view suffix = ".weight");
  // A table [n_rows, n_cols] that stays mapped.
  Result<Embedding> embedding(TensorName name, int64_t n_rows, int64_t n_cols);

  // How GGUF files hold the tensors of this name, said before they are asked for; without a record nothing happens.
  void in_gguf(TensorName name, GgufForm form) { forms_.insert_or_assign(name.gguf, std::move(form)); }
  // A tensor that only GGUF files hold.
  void only_in_gguf(const std::string& name, std::vector<float> values);

  // Marks a tensor as known and not needed.
  void ignore(std::string name) { used_.insert(std::move(name)); }
  // An error that names the tensors nobody asked for.
  Status finish() const;

 private:
  enum class Look { kNeeded, kDoneBefore };  // whether every number is looked at

  std::string full_name(TensorName name, int64_t layer_idx, std::string_view suffix) const;
  Result<const TensorView*> take(TensorName name, int64_t layer_idx, std::string_view suffix, const Shape& shape,
                                 Look look = Look::kNeeded);
  Status write_down(TensorName name, int64_t layer_idx, std::string_view suffix);
  Status check_finite(const std::string& name, const TensorView& view) const;

  const Checkpoint& checkpoint_;
  const ExecContext& ctx_;
  LoadRecord* record_ = nullptr;
  std::map<std::string_view, GgufForm> forms_;  // by GGUF's name, "{}" for the layer
  std::function<void(double)> progress_;
  PackCache* packs_ = nullptr;
  std::set<std::string, std::less<>> used_;
  uint64_t bytes_done_ = 0;
};

}  // namespace hanok
