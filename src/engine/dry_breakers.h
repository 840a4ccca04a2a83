// Which tokens end a phrase for DRY: those whose text holds a breaker, and those that a breaker is written with.
#pragma once

#include "engine/sampler.h"
#include "text/tokenizer.h"

namespace hanok {

// Empty when DRY is off: the whole vocabulary is looked through.
DryBreakers dry_breakers(const Tokenizer& tokenizer, const SamplingOptions& options);

}  // namespace hanok
