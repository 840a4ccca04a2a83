// A folder's tokenizer and chat template as the tokenizer.* keys of a GGUF file.
#pragma once

#include "base/result.h"
#include "convert/gguf_plan.h"
#include "formats/checkpoint.h"

namespace hanok {

// Adds the keys to plan.metadata, with one token for each row of the planned embedding. The keys are read back and must
// give the same ids as the folder's tokenizer on every token's own text and on a mixed text. Errors: a tokenizer that
// GGUF cannot express, or that has more tokens than the model.
Status add_tokenizer_keys(const Checkpoint& checkpoint, GgufPlan& plan);

}  // namespace hanok
