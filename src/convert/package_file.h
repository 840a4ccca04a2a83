// Turns files that packages hold in a form of their own into GGUF.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace hanok {

// `kind` as the catalogue names it: "e5s1". Errors: a kind that is not known, whatever the file holds, a disk that is
// full; nothing is left behind then.
Status convert_package_file(const std::string& kind, const std::filesystem::path& from,
                            const std::filesystem::path& to);

}  // namespace hanok
