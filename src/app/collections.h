// What the commands of search share: where collections are kept, and the model that makes vectors where it is there.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "engine/embedder.h"

namespace hanok {

// $XDG_DATA_HOME/hanok/collections. Error: kNotFound without a home.
Result<std::filesystem::path> collections_folder();
// A collection's own folder. Errors: also kInvalidInput for what can be no name.
Result<std::filesystem::path> collection_folder(const std::string& name);

struct EmbedderChoice {
  std::string model;  // empty: the catalogue's "embedder" where it is installed
  bool no_vectors = false;
  int n_threads = 0;
};
// --embedder, --no-vectors, --threads.
void add_embedder_options(CLI::App& command, EmbedderChoice& choice);
// Null where there is to be none, or none was named and none is installed. Nothing is fetched.
Result<std::unique_ptr<Embedder>> open_embedder(const EmbedderChoice& choice);

// "YYYY-MM-DD" in the user's time zone as seconds since 1970, plus whole days. Error: kInvalidInput.
Result<int64_t> seconds_of_date(const std::string& option, const std::string& date, int more_days);
std::string date_text(int64_t seconds);

}  // namespace hanok
