#include "app/file_name.h"

#include <string>

#include "base/text_encoding.h"
#include "text/unicode.h"

namespace hanok {
namespace fs = std::filesystem;
namespace {

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

}  // namespace

fs::path existing_path(const fs::path& path) {
  if (path.empty() || is_there(path)) return path;
  fs::path found = path.root_path();
  for (const fs::path& name : path.relative_path()) {
    const std::string as_given = name.string();
    fs::path next = found / name;
    if (!is_there(next) && is_utf8(as_given)) {
      const fs::path composed = found / normalize(as_given, Normalization::kNfc);
      const fs::path decomposed = found / normalize(as_given, Normalization::kNfd);
      next = is_there(composed) ? composed : decomposed;
    }
    if (!is_there(next)) return path;
    found = next;
  }
  return found;
}

}  // namespace hanok
