// From a folder of safetensors to the plan of a GGUF file.
#include "convert/gguf_plan.h"

namespace hanok {

Result<GgufPlan> plan_from_folder(const Checkpoint& checkpoint, const ExecContext&, bool) {
  return fail(ErrorKind::kUnsupported, "only GGUF files can be quantised by this version", checkpoint.path().string());
}

}  // namespace hanok
