// From a folder of safetensors to the plan of a GGUF file: the family's loader is asked what it takes, and the answer
// is written down.
#include <utility>

#include <fmt/format.h>

#include "convert/gguf_plan.h"
#include "convert/tokenizer_keys.h"
#include "model/model.h"

namespace hanok {
namespace {

// The order of one group of rows, repeated for all of them.
Result<std::vector<int64_t>> whole_order(const std::vector<int64_t>& group, const LoadRecord::Tensor& tensor,
                                         int64_t n_rows) {
  std::vector<int64_t> order;
  const auto n_group = static_cast<int64_t>(group.size());
  if (group.empty()) return order;
  if (n_rows % n_group != 0)
    return fail(ErrorKind::kUnsupported, "rows do not divide into heads", tensor.hf,
                fmt::format("a multiple of {}", n_group), fmt::format("{}", n_rows));
  for (int64_t row = 0; row < n_rows; ++row)
    order.push_back(row / n_group * n_group + group[static_cast<size_t>(row % n_group)]);
  return order;
}

Result<PlannedTensor> plan_tensor(const Checkpoint& checkpoint, const LoadRecord::Tensor& tensor) {
  PlannedTensor planned;
  planned.name = tensor.gguf;
  planned.source_name = tensor.hf.empty() ? tensor.gguf : tensor.hf;
  if (tensor.computed != nullptr) {
    planned.computed = tensor.computed;
    planned.source = {DType::kF32, shape_of({static_cast<int64_t>(tensor.computed->size())}),
                      reinterpret_cast<const std::byte*>(tensor.computed->data())};
    return planned;
  }
  planned.source = *checkpoint.find(tensor.hf);
  planned.source.data = planned.source.row(tensor.form.first_row);
  planned.source.shape.dims[0] -= tensor.form.first_row;
  const Shape& shape = planned.source.shape;
  HANOK_TRY(planned.row_order,
            whole_order(tensor.form.row_order, tensor, shape.rank == 1 ? shape.n_cols() : shape.n_rows()));
  planned.factor = tensor.form.factor;
  planned.added = tensor.form.added;
  return planned;
}

}  // namespace

Result<GgufPlan> plan_from_folder(const Checkpoint& checkpoint, const ExecContext& ctx, bool with_tokenizer) {
  HANOK_TRY(LoadRecord record, record_loading(checkpoint, ctx));
  GgufPlan plan;
  for (auto& [key, value] : record.keys)
    plan.metadata.insert_or_assign(record.architecture + "." + key, std::move(value));
  plan.metadata["general.architecture"] = gguf_string(record.architecture);
  plan.metadata["general.type"] = gguf_string("model");
  plan.metadata["general.name"] = gguf_string(model_name(checkpoint.path()));
  for (const LoadRecord::Tensor& tensor : record.tensors) {
    HANOK_TRY(PlannedTensor planned, plan_tensor(checkpoint, tensor));
    plan.tensors.push_back(std::move(planned));
  }
  if (with_tokenizer) HANOK_RETURN_IF_ERROR(add_tokenizer_keys(checkpoint, plan));
  return plan;
}

}  // namespace hanok
