#include "app/input.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "app/report.h"
#include "app/terminal.h"

namespace hanok {
namespace fs = std::filesystem;
namespace {

Result<std::string> read_all(std::FILE* file, const std::string& name) {
  std::string text;
  char buffer[1 << 16];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) text.append(buffer, n);
  if (std::ferror(file) != 0) return fail(ErrorKind::kIo, "cannot read", name, "", std::strerror(errno));
  return text;
}

}  // namespace

Result<std::string> read_text(const fs::path& path) {
  if (path == "-") {
    if (stdin_is_terminal())
      fmt::print(stderr, "{}\n",
                 in_language("입력을 기다립니다. Ctrl-D로 끝냅니다", "reading from the terminal; Ctrl-D ends it"));
    return read_all(stdin, in_language("표준 입력", "standard input"));
  }
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return fail(ErrorKind::kInvalidInput, "a folder where a file is needed", path.string(), "a file", "a folder");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (file == nullptr) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return fail(missing ? ErrorKind::kNotFound : ErrorKind::kIo, missing ? "no such file" : "cannot open the file",
                path.string(), "", missing ? "" : std::strerror(errno));
  }
  return read_all(file.get(), path.string());
}

}  // namespace hanok
