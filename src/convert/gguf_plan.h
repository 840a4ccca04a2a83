// What a GGUF file will say and hold, before its weights are read: the common form of both kinds of source.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "ops/context.h"

namespace hanok {

struct PlannedTensor {
  std::string name;         // GGUF's
  std::string source_name;  // for messages
  TensorView source;        // mapped by the checkpoint, or `computed`
  // Row r of the output is row row_order[r] of the source (of a vector: element); empty: the same order.
  std::vector<int64_t> row_order;
  float factor = 1, added = 0;  // output = factor * (source + added); only for vectors
  std::shared_ptr<const std::vector<float>> computed;
};

struct GgufPlan {
  GgufMetadata metadata;
  std::vector<PlannedTensor> tensors;
  std::vector<std::string> notes;  // what the user should know, in the user's language
};

// The plan that copies a GGUF file, its parts joined. Errors: whatever the family's loader refuses.
Result<GgufPlan> plan_from_gguf(const Checkpoint& checkpoint, const ExecContext& ctx);

// The plan that turns a folder of safetensors into GGUF: the family's own loader tells the names, tokenizer keys come
// from the folder's tokenizer. Errors: whatever the loader refuses; a tokenizer that GGUF cannot express.
Result<GgufPlan> plan_from_folder(const Checkpoint& checkpoint, const ExecContext& ctx, bool with_tokenizer);

}  // namespace hanok
