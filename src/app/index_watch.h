// Follows the folders of a collection until somebody stops it.
#pragma once

#include <string>

#include "app/index_work.h"

namespace hanok {

// Ends well by Ctrl-C. Errors: kNotFound, also once the collection or its folders are removed; as Indexer and
// FolderWatch.
Status watch_collection(const std::string& name, const IndexWork& work, bool json);

}  // namespace hanok
