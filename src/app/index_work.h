// What the commands that bring a collection up to date share: the indexer's options, and the report in words or JSON.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/collections.h"
#include "app/signals.h"
#include "search/indexer.h"

namespace hanok {

// Ctrl-C ends the work while it lives.
struct IndexWork {
  InterruptScope interrupt;
  std::unique_ptr<Embedder> embedder;
  std::optional<VectorMaker> maker;
  IndexOptions options;
};
// `password_file` may be empty (password.h). Errors: as open_embedder and document_password.
Result<std::unique_ptr<IndexWork>> prepare_index(const EmbedderChoice& choice, const std::string& password_file);

// Files that could not be read, on standard error.
void print_skipped(const std::vector<SkippedFile>& skipped);
void print_report(const IndexReport& report, const Snapshot& snapshot, bool json);

}  // namespace hanok
