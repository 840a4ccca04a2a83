// What a person sees of a pull: progress, notes, and the question about a licence.
#pragma once

#include <string>

#include "hub/hub.h"

namespace hanok {

// Lets the pull speak the user's language, draw its progress and notes on standard error, convert what is no GGUF file,
// and ask about a licence that was not accepted yet where a person can answer.
void show_pull(PullOptions& options);

// Lets a pull take a model that this version cannot run, where a person says so.
void ask_about_unsupported(PullOptions& options);

// Says on standard error that the user's own catalogue is left out, where it is.
void note_catalogue_error(const Hub& hub);

// hub.resolve(), stopped by Ctrl-C with what was fetched kept.
Result<ResolvedModel> resolve_model(const Hub& hub, const std::string& model, const PullOptions& options);

}  // namespace hanok
