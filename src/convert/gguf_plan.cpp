#include "convert/gguf_plan.h"

#include "model/model.h"

namespace hanok {

Result<GgufPlan> plan_from_gguf(const Checkpoint& checkpoint, const ExecContext& ctx) {
  HANOK_RETURN_IF_ERROR(record_loading(checkpoint, ctx));
  GgufPlan plan;
  for (const auto& [key, value] : checkpoint.gguf().metadata()) {
    if (!key.starts_with("split.")) plan.metadata.emplace(key, value);
  }
  for (const GgufFile::Tensor& tensor : checkpoint.gguf().tensors()) {
    PlannedTensor planned;
    planned.name = planned.source_name = tensor.name;
    planned.source = tensor.view;
    plan.tensors.push_back(std::move(planned));
  }
  return plan;
}

}  // namespace hanok
