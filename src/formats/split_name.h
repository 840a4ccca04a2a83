// The parts of split GGUF files by their names.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hanok {

// "base-00002-of-00003.gguf" taken apart.
struct SplitName {
  std::string base;
  int part = 0, n_parts = 0;  // from 1

  std::string of_part(int part_idx) const;  // from 1
};

// Nothing for a name of another form.
std::optional<SplitName> split_name(std::string_view name);

// The paths of all parts of a split file in order, of which `path` is any one; or just `path`. Errors: a part is
// missing.
Result<std::vector<std::filesystem::path>> split_parts(const std::filesystem::path& path);

}  // namespace hanok
