#include "search/durable_file.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/locale.h"

namespace hanok {
namespace {

tl::unexpected<Error> io_error(const std::filesystem::path& path, const char* what, int code) {
  const bool is_full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return fail(ErrorKind::kIo, is_full ? in_language("디스크에 자리가 없습니다", "no room left on the disk") : what,
              path.string(), {}, std::generic_category().message(code),
              is_full ? in_language("자리를 비우고 같은 명령을 다시 내리면 이어집니다",
                                    "free some space and run the same command again: it continues")
                      : "");
}

Status write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return io_error(path, in_language("쓸 수 없습니다", "cannot write"), n < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Status sync(int fd, const std::filesystem::path& path) {
  if (::fsync(fd) == 0) return {};
  return io_error(path, in_language("저장할 수 없습니다", "cannot save"), errno);
}

Status write_aside(const std::filesystem::path& aside, const std::function<Status(const WritePiece&)>& fill) {
  ::unlink(aside.c_str());  // left by a writer that died
  const Descriptor file(::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) return io_error(aside, in_language("파일을 만들 수 없습니다", "cannot create the file"), errno);
  HANOK_RETURN_IF_ERROR(fill([&](std::string_view piece) { return write_all(file.get(), piece, aside); }));
  return sync(file.get(), aside);
}

Status sync_folder(const std::filesystem::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return io_error(folder, in_language("폴더를 열 수 없습니다", "cannot open the folder"), errno);
  if (::fsync(fd.get()) == 0 || errno == EINVAL || errno == ENOTSUP) return {};  // not every file system can
  return io_error(folder, in_language("저장할 수 없습니다", "cannot save"), errno);
}

}  // namespace

Status write_durably(const std::filesystem::path& path, const std::function<Status(const WritePiece&)>& fill) {
  std::filesystem::path aside = path;
  aside += ".new";
  if (Status written = write_aside(aside, fill); !written) {
    ::unlink(aside.c_str());
    return written;
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) {
    const int code = errno;
    ::unlink(aside.c_str());
    return io_error(path, in_language("이름을 바꿀 수 없습니다", "cannot rename to"), code);
  }
  return sync_folder(path.parent_path());
}

Status make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  if (error)
    return io_error(folder.parent_path(), in_language("폴더를 만들 수 없습니다", "cannot make the folder"),
                    error.value());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return io_error(folder, in_language("폴더를 만들 수 없습니다", "cannot make the folder"), errno);
  return sync_folder(folder.parent_path());
}

}  // namespace hanok
