// What a person sees of a pull: progress, notes, and the question about a licence.
#pragma once

#include <string>

#include "hub/hub.h"

namespace hanok {

// Lets the pull speak the user's language, draw its progress and notes on standard error, and ask about a licence that
// was not accepted yet where a person can answer.
void show_pull(PullOptions& options);

// hub.resolve(), stopped by Ctrl-C with what was fetched kept.
Result<ResolvedModel> resolve_model(const Hub& hub, const std::string& model, const PullOptions& options);

}  // namespace hanok
