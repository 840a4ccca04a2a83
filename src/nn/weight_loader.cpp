#include "nn/weight_loader.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "kernels/dequantize.h"

namespace hanok {
namespace {

constexpr size_t kLargeBytes = size_t{16} << 20;  // a tensor that is let go while it is looked at, not only after

// Byte offsets of a block's f16 scales, -1 where there is no second one.
struct ScaleOffsets {
  int first, second;
};

ScaleOffsets scale_offsets(DType dtype) {
  switch (dtype) {
    case DType::kQ4_1:
    case DType::kQ5_1:
    case DType::kQ4_K:
    case DType::kQ5_K:
      return {0, 2};
    case DType::kQ2_K:
      return {80, 82};
    case DType::kQ3_K:
      return {108, -1};
    case DType::kQ6_K:
      return {208, -1};
    default:
      return {0, -1};
  }
}

bool f16_is_finite(const std::byte* at) {
  uint16_t bits;
  std::memcpy(&bits, at, 2);
  return (bits & 0x7c00) != 0x7c00;
}

bool row_is_finite(const TensorView& view, int64_t row_idx) {
  const std::byte* row = view.row(row_idx);
  const int64_t n_cols = view.shape.n_cols();
  const DTypeInfo& info = dtype_info(view.dtype);
  if (is_quantized(view.dtype)) {
    const auto [first, second] = scale_offsets(view.dtype);
    for (int64_t block = 0; block < n_cols / info.block_elems; ++block, row += info.block_bytes) {
      if (!f16_is_finite(row + first) || (second >= 0 && !f16_is_finite(row + second))) return false;
    }
    return true;
  }
  uint32_t exponent_all_ones = 0;
  if (view.dtype == DType::kF32) {
    for (int64_t i = 0; i < n_cols; ++i) {
      uint32_t bits;
      std::memcpy(&bits, row + 4 * i, 4);
      exponent_all_ones |= (bits & 0x7f800000u) == 0x7f800000u;
    }
  } else if (view.dtype == DType::kF16 || view.dtype == DType::kBF16) {
    const uint32_t mask = view.dtype == DType::kF16 ? 0x7c00 : 0x7f80;
    for (int64_t i = 0; i < n_cols; ++i) {
      uint16_t bits;
      std::memcpy(&bits, row + 2 * i, 2);
      exponent_all_ones |= (bits & mask) == mask;
    }
  }
  return exponent_all_ones == 0;
}

// "blk.{}.attn_q" -> "blk.3.attn_q.weight"
std::string with_layer(std::string_view name, int64_t layer_idx, std::string_view suffix) {
  std::string text(name);
  if (const size_t at = text.find("{}"); at != std::string::npos) text.replace(at, 2, std::to_string(layer_idx));
  return text.append(suffix);
}

bool is_weight_type(DType dtype) {
  return is_quantized(dtype) || dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

}  // namespace

bool LoadRecord::has(const std::string& gguf_name) const {
  return std::any_of(tensors.begin(), tensors.end(), [&](const Tensor& tensor) { return tensor.gguf == gguf_name; });
}

WeightLoader::WeightLoader(const Checkpoint& checkpoint, const ExecContext& ctx, std::function<void(double)> progress,
                           PackCache* packs)
    : checkpoint_(checkpoint), ctx_(ctx), progress_(std::move(progress)), packs_(packs) {}

WeightLoader::WeightLoader(const Checkpoint& checkpoint, const ExecContext& ctx, LoadRecord& record)
    : checkpoint_(checkpoint), ctx_(ctx), record_(&record) {}

std::string WeightLoader::full_name(TensorName name, int64_t layer_idx, std::string_view suffix) const {
  return with_layer(checkpoint_.is_gguf() ? name.gguf : name.hf, layer_idx, suffix);
}

bool WeightLoader::has(TensorName name, int64_t layer_idx, std::string_view suffix) const {
  return checkpoint_.find(full_name(name, layer_idx, suffix)) != nullptr;
}

Result<const TensorView*> WeightLoader::take(TensorName tensor, int64_t layer_idx, std::string_view suffix,
                                             const Shape& shape, Look look) {
  const std::string name = full_name(tensor, layer_idx, suffix);
  const TensorView* view = checkpoint_.find(name);
  if (view == nullptr)
    return fail(ErrorKind::kCorruptFile, "missing tensor", checkpoint_.path().string() + ": " + name, shape.to_string(),
                "nothing");
  if (view->shape != shape)
    return fail(ErrorKind::kCorruptFile, "wrong shape", name, shape.to_string(), view->shape.to_string());
  if (!is_weight_type(view->dtype)) {
    return fail(ErrorKind::kUnsupported, "unsupported weight type", name, "a float or quantised type",
                std::string(dtype_name(view->dtype)));
  }
  const bool is_new = used_.insert(name).second;
  if (record_ != nullptr) {
    HANOK_RETURN_IF_ERROR(write_down(tensor, layer_idx, suffix));
    return view;
  }
  if (!is_new) return view;  // the table that is the head too: already looked at
  if (look == Look::kNeeded) HANOK_RETURN_IF_ERROR(check_finite(name, *view));
  bytes_done_ += view->n_bytes();
  if (progress_)
    progress_(static_cast<double>(bytes_done_) /
              static_cast<double>(std::max<uint64_t>(1, checkpoint_.weights_bytes())));
  return view;
}

Status WeightLoader::write_down(TensorName name, int64_t layer_idx, std::string_view suffix) {
  LoadRecord::Tensor tensor{with_layer(name.gguf, layer_idx, suffix), full_name(name, layer_idx, suffix), {}, nullptr};
  if (name.gguf.empty())
    return fail(ErrorKind::kUnsupported, "GGUF has no name for this tensor", tensor.hf, "", "",
                "the model runs from its safetensors folder");
  if (const auto form = forms_.find(name.gguf); form != forms_.end()) {
    tensor.form.row_order = form->second.row_order;
    tensor.form.first_row = form->second.first_row;
    if (suffix == ".weight") tensor.form.factor = form->second.factor, tensor.form.added = form->second.added;
  }
  if (!record_->has(tensor.gguf)) record_->tensors.push_back(std::move(tensor));
  return {};
}

void WeightLoader::only_in_gguf(const std::string& name, std::vector<float> values) {
  if (record_ != nullptr)
    record_->tensors.push_back({name, "", {}, std::make_shared<const std::vector<float>>(std::move(values))});
}

Status WeightLoader::check_finite(const std::string& name, const TensorView& view) const {
  std::atomic<int64_t> bad_row{-1};
  const int64_t n_rows = view.shape.n_rows();
  constexpr int64_t kRows = 256;
  const bool large = view.n_bytes() > kLargeBytes;
  ctx_.pool.run((n_rows + kRows - 1) / kRows, [&](int64_t chunk, int) {
    const int64_t first = chunk * kRows, last = std::min(n_rows, first + kRows);
    for (int64_t row = first; row < last; ++row)
      if (!row_is_finite(view, row)) bad_row.store(row);
    if (large) checkpoint_.release({view.row(first), static_cast<size_t>(view.row(last - 1) - view.row(first))});
  });
  if (bad_row < 0) return {};
  return fail(ErrorKind::kCorruptFile, "weight is not a finite number", fmt::format("{}, row {}", name, bad_row.load()),
              "finite values", "NaN or infinity", "fetch the model again; if it stays, the published file is damaged");
}

Result<Linear> WeightLoader::linear(TensorName name, int64_t layer_idx, int64_t n_out, int64_t n_in, Bias bias) {
  const Shape shape = shape_of({n_out, n_in});
  const std::string full = full_name(name, layer_idx, ".weight");
  PanelMemory panels;
  if (const TensorView* there = checkpoint_.find(full); packs_ != nullptr && there != nullptr)
    panels = packs_->find(full, there->dtype, shape);
  const bool is_packed = panels.bytes != nullptr;
  HANOK_TRY(const TensorView* view,
            take(name, layer_idx, ".weight", shape, is_packed ? Look::kDoneBefore : Look::kNeeded));
  Linear layer;
  if (is_packed) {
    HANOK_TRY(layer.weight, PackedMatrix::packed(view->dtype, shape, std::move(panels)));
  } else if (record_ == nullptr) {
    const auto release = [&](std::span<const std::byte> bytes) { checkpoint_.release(bytes); };
    if (packs_ != nullptr) panels = packs_->room(full, view->dtype, shape);
    HANOK_TRY(layer.weight, PackedMatrix::pack(ctx_, *view, release, std::move(panels)));
    release({view->data, view->n_bytes()});
  }
  if (bias == Bias::kRequired || (bias == Bias::kIfPresent && has(name, layer_idx, ".bias"))) {
    HANOK_TRY(layer.bias, vector(name, layer_idx, n_out, ".bias"));
  }
  return layer;
}

Result<std::vector<float>> WeightLoader::vector(TensorName name, int64_t layer_idx, int64_t n,
                                                std::string_view suffix) {
  HANOK_TRY(const TensorView* view, take(name, layer_idx, suffix, shape_of({n})));
  std::vector<float> values(static_cast<size_t>(n));
  dequantize_row(view->dtype, view->data, n, values.data());
  return values;
}

Result<Embedding> WeightLoader::embedding(TensorName name, int64_t n_rows, int64_t n_cols) {
  const bool is_known = packs_ != nullptr && packs_->is_ready();
  HANOK_TRY(const TensorView* view,
            take(name, -1, ".weight", shape_of({n_rows, n_cols}), is_known ? Look::kDoneBefore : Look::kNeeded));
  checkpoint_.release({view->data, view->n_bytes()});
  MappedFile::read_sparsely({view->data, view->n_bytes()});
  return Embedding{*view};
}

Status WeightLoader::finish() const {
  std::vector<std::string> surplus;
  for (const std::string& name : checkpoint_.names()) {
    if (!used_.contains(name)) surplus.push_back(name);
  }
  if (surplus.empty()) return {};
  std::string got = fmt::format(
      "{} more: {}", surplus.size(),
      fmt::join(surplus.begin(), surplus.begin() + static_cast<long>(std::min<size_t>(4, surplus.size())), ", "));
  if (surplus.size() > 4) got += ", ...";
  return fail(ErrorKind::kUnsupported, "tensors that this family does not have", checkpoint_.path().string(),
              "only known tensors", got, "the file may be of another architecture than it says");
}

}  // namespace hanok
