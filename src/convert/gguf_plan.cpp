#include "convert/gguf_plan.h"

#include <algorithm>

#include "model/model.h"

namespace hanok {

Result<GgufPlan> plan_from_gguf(const Checkpoint& checkpoint) {
  const GgufFile& file = checkpoint.gguf();
  HANOK_TRY(const std::string architecture, file.get_string("general.architecture"));
  std::string known;
  for (const Family& family : families()) {
    if (family.gguf != nullptr) known += (known.empty() ? "" : ", ") + std::string(family.gguf);
  }
  const bool is_known = std::any_of(families().begin(), families().end(), [&](const Family& family) {
    return family.gguf != nullptr && architecture == family.gguf;
  });
  if (!is_known)
    return fail(ErrorKind::kUnsupported, "unknown architecture", checkpoint.path().string(), known, architecture,
                "which tensors need more bits is known only for these");
  GgufPlan plan;
  for (const auto& [key, value] : file.metadata()) {
    if (!key.starts_with("split.")) plan.metadata.emplace(key, value);
  }
  for (const GgufFile::Tensor& tensor : file.tensors()) {
    PlannedTensor planned;
    planned.name = planned.source_name = tensor.name;
    planned.source = tensor.view;
    plan.tensors.push_back(std::move(planned));
  }
  return plan;
}

}  // namespace hanok
