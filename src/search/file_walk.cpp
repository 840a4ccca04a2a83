#include "search/file_walk.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <sys/stat.h>

#include "base/locale.h"

namespace hanok {
namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> cannot_look(const std::string& path, const std::error_code& error) {
  const bool is_missing = error == std::errc::no_such_file_or_directory;
  return fail(is_missing ? ErrorKind::kNotFound : ErrorKind::kIo, in_language("읽을 수 없습니다", "cannot read"), path,
              "", error.message());
}

class Walk {
 public:
  Walk(const fs::path& root, const std::function<bool()>& going_on) : root_(root), going_on_(going_on) {}

  Status run() {
    HANOK_RETURN_IF_ERROR(look_into(root_, true));
    std::sort(out_.files.begin(), out_.files.end(),
              [](const FoundFile& a, const FoundFile& b) { return a.path < b.path; });
    return {};
  }
  WalkedFiles take() { return std::move(out_); }

 private:
  void skip(const fs::path& path, Error reason) { out_.skipped.push_back({path.string(), std::move(reason), false}); }

  Status look_into(const fs::path& folder, bool is_root) {
    std::vector<fs::path> folders{folder};
    while (!folders.empty()) {
      const fs::path here = std::move(folders.back());
      folders.pop_back();
      std::error_code error;
      fs::directory_iterator it(here, error);
      if (error && is_root) return cannot_look(here.string(), error);
      is_root = false;
      for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
        if (!going_on_()) {
          return fail(ErrorKind::kInterrupted, in_language("멈췄습니다", "stopped"), here.string());
        }
        add(it->path(), folders);
      }
      if (error) skip(here, cannot_look(here.string(), error).value());
    }
    return {};
  }

  void add(const fs::path& path, std::vector<fs::path>& folders) {
    if (path.filename().string().starts_with('.')) return;
    std::error_code error;
    const fs::file_status status = fs::symlink_status(path, error);
    if (error) return skip(path, cannot_look(path.string(), error).value());
    if (fs::is_symlink(status)) return look_at_link(path);
    if (fs::is_directory(status)) return folders.push_back(path);
    if (!fs::is_regular_file(status)) return;  // a pipe, a socket, a device
    auto file = look_at_file(path.string());
    if (!file) return skip(path, file.error());
    out_.files.push_back(std::move(*file));
  }

  void look_at_link(const fs::path& path) {
    std::error_code error;
    const fs::path target = fs::canonical(path, error);
    if (!error && is_at_or_below(target.string(), root_.string())) return;
    Error reason{ErrorKind::kRefused,
                 in_language("폴더 밖을 가리키는 링크입니다", "a link that leads out of the folder"),
                 path.string(),
                 "",
                 error ? error.message() : target.string(),
                 ""};
    skip(path, std::move(reason));
  }

  fs::path root_;
  const std::function<bool()>& going_on_;
  WalkedFiles out_;
};

}  // namespace

Result<fs::path> real_path(const std::string& path) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  if (error) return cannot_look(path, error);
  return real;
}

bool is_at_or_below(const std::string& path, const std::string& folder) {
  return path.starts_with(folder) &&
         (path.size() == folder.size() || folder.ends_with('/') || path[folder.size()] == '/');
}

bool is_settled(const FoundFile& file, int64_t at_ns) {
  constexpr int64_t kClockGrainNs = 2'000'000'000;  // FAT's
  return at_ns - file.mtime_ns > kClockGrainNs;
}

Result<FoundFile> look_at_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return cannot_look(path, {errno, std::generic_category()});
  if (!S_ISREG(info.st_mode))
    return fail(ErrorKind::kInvalidInput, in_language("보통 파일이 아닙니다", "not a regular file"), path);
  return FoundFile{path, static_cast<uint64_t>(info.st_size),
                   int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

Result<WalkedFiles> walk_files(const fs::path& path, const std::function<bool()>& going_on) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    HANOK_TRY(FoundFile file, look_at_file(path.string()));
    return WalkedFiles{{std::move(file)}, {}};
  }
  Walk walk(path, going_on);
  HANOK_RETURN_IF_ERROR(walk.run());
  return walk.take();
}

}  // namespace hanok
