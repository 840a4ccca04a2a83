// The sampling options a model's makers chose.
#pragma once

#include "engine/sampler.h"
#include "formats/checkpoint.h"

namespace hanok {

// What generation_config.json says about sampling, over Hanok's own defaults. Errors: values of a wrong type or outside
// their range.
Result<SamplingOptions> sampling_defaults(const Checkpoint& checkpoint);

}  // namespace hanok
