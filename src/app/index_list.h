// What `hanok index list` shows.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace hanok {

// All collections; those that cannot be opened with the reason. Error: kNotFound without a home.
Status list_collections_with_counts(bool json);
// The documents of one. Errors: as open_snapshot.
Status list_documents(const std::filesystem::path& folder, bool json);

}  // namespace hanok
