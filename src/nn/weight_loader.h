// Takes a model's tensors out of a checkpoint by name: shapes checked, values finite, nothing missing, nothing left
// over.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "nn/linear.h"

namespace hanok {

// A tensor's name without ".weight" in safetensors and in GGUF; "{}" stands for the layer's index.
struct TensorName {
  std::string_view hf;
  std::string_view gguf;
};

enum class Bias { kNone, kIfPresent, kRequired };

class WeightLoader {
 public:
  // progress is called with the share of bytes taken so far, 0 to 1.
  WeightLoader(const Checkpoint& checkpoint, const ExecContext& ctx, std::function<void(double)> progress = {});

  const Checkpoint& checkpoint() const { return checkpoint_; }
  bool has(TensorName name, int64_t layer_idx = -1, std::string_view suffix = ".weight") const;

  // A weight [n_out, n_in] packed for this machine; its mapped pages are let go.
  Result<Linear> linear(TensorName name, int64_t layer_idx, int64_t n_out, int64_t n_in, Bias bias = Bias::kNone);
  // A vector [n] as f32.
  Result<std::vector<float>> vector(TensorName name, int64_t layer_idx, int64_t n, std::string_view suffix = ".weight");
  // A view of a table [n_rows, n_cols] that stays mapped (embeddings: only the rows read become resident).
  Result<TensorView> table(TensorName name, int64_t n_rows, int64_t n_cols);

  // Marks a tensor as known and not needed.
  void ignore(std::string name) { used_.insert(std::move(name)); }
  // An error that names the tensors nobody asked for.
  Status finish() const;

 private:
  std::string full_name(TensorName name, int64_t layer_idx, std::string_view suffix) const;
  Result<const TensorView*> take(const std::string& name, const Shape& shape);
  Status check_finite(const std::string& name, const TensorView& view) const;

  const Checkpoint& checkpoint_;
  const ExecContext& ctx_;
  std::function<void(double)> progress_;
  std::set<std::string, std::less<>> used_;
  uint64_t bytes_done_ = 0;
};

}  // namespace hanok
