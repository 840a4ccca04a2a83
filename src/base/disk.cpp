// Durable file handling over POSIX calls.
#include "base/disk.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/locale.h"

namespace hanok {
namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> io_error(const fs::path& path, const char* what, int code) {
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) {
    return fail(ErrorKind::kIo, in_language("디스크에 자리가 없습니다", "no room left on the disk"), path.string(), {},
                std::generic_category().message(code),
                in_language("자리를 비우고 같은 명령을 다시 내리면 이어집니다",
                            "free some space and run the same command again: it continues"));
  }
  return fail(code == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo, what, path.string(), {},
              std::generic_category().message(code));
}

Status sync_folder(const fs::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return {};  // one that may be written and not be read
  if (::fsync(fd.get()) == 0 || errno == EINVAL || errno == ENOTSUP) return {};  // not every file system can
  return io_error(folder, in_language("저장할 수 없습니다", "cannot save"), errno);
}

}  // namespace

Result<InFile> InFile::open(const fs::path& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));  // a pipe without a writer would block
  if (fd.get() < 0) return io_error(path, in_language("열 수 없습니다", "cannot open"), errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return io_error(path, in_language("살펴볼 수 없습니다", "cannot look at"), errno);
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorKind::kIo, in_language("보통 파일이 아닙니다", "not a regular file"), path.string(),
                in_language("보통 파일", "a regular file"),
                in_language("폴더, 파이프 또는 장치", "a folder, pipe or device"));
  }
  return InFile(std::move(fd), path);
}

Result<size_t> InFile::read(std::span<std::byte> buffer) {
  while (true) {
    const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EINTR) return io_error(path_, in_language("읽을 수 없습니다", "cannot read"), errno);
  }
}

Result<OutFile> OutFile::open(const fs::path& path, uint64_t keep_bytes, Readers readers) {
  Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, readers == Readers::kAll ? 0644 : 0600));
  if (fd.get() < 0) return io_error(path, in_language("파일을 만들 수 없습니다", "cannot create the file"), errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return io_error(path, in_language("살펴볼 수 없습니다", "cannot look at"), errno);
  if (static_cast<uint64_t>(info.st_size) < keep_bytes) {
    return fail(ErrorKind::kIo, "the file is shorter than recorded", path.string(), fmt::format("{} bytes", keep_bytes),
                fmt::format("{} bytes", info.st_size));
  }
  OutFile file(std::move(fd), path, keep_bytes);
  HANOK_RETURN_IF_ERROR(file.truncate(keep_bytes));
  return file;
}

Status OutFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return io_error(path_, in_language("쓸 수 없습니다", "cannot write"), n < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<size_t>(n));
    n_bytes_ += static_cast<uint64_t>(n);
  }
  return {};
}

Status OutFile::truncate(uint64_t n_bytes) {
  if (::ftruncate(fd_.get(), static_cast<off_t>(n_bytes)) != 0 ||
      ::lseek(fd_.get(), static_cast<off_t>(n_bytes), SEEK_SET) < 0) {
    return io_error(path_, in_language("자를 수 없습니다", "cannot cut"), errno);
  }
  n_bytes_ = n_bytes;
  return {};
}

Status OutFile::sync() {
  if (::fsync(fd_.get()) != 0) return io_error(path_, in_language("저장할 수 없습니다", "cannot save"), errno);
  return {};
}

Result<FileLock> FileLock::try_acquire(const fs::path& path) {
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (fd.get() < 0) return io_error(path, in_language("잠금 파일을 열 수 없습니다", "cannot open the lock"), errno);
  if (try_lock(fd.get())) return FileLock(std::move(fd));
  if (errno == EWOULDBLOCK || errno == EINTR) {
    return fail(ErrorKind::kLimit,
                in_language("다른 hanok이 이 모델을 다루고 있습니다", "another hanok is working on this model"),
                path.string());
  }
  return io_error(path, in_language("잠글 수 없습니다", "cannot lock"), errno);
}

Result<FileLock> FileLock::acquire(const fs::path& path, const std::atomic<bool>* cancel,
                                   const std::function<void()>& on_wait) {
  bool told = false;
  while (true) {
    auto lock = try_acquire(path);
    if (lock || lock.error().kind != ErrorKind::kLimit) return lock;
    if (!told && on_wait) on_wait();
    told = true;
    if (cancel != nullptr && cancel->load())
      return fail(ErrorKind::kInterrupted, in_language("기다리다 멈췄습니다", "stopped while waiting"), path.string());
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

Result<fs::path> xdg_folder(const char* variable, std::string_view fallback) {
  const char* set = std::getenv(variable);
  if (set != nullptr && set[0] == '/') return fs::path(set);
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') {
    return fail(ErrorKind::kNotFound, in_language("홈 폴더를 모릅니다", "no home folder"), "HOME",
                in_language("/로 시작하는 경로", "an absolute path"),
                home == nullptr ? in_language("정해지지 않음", "unset") : home,
                fmt::format(fmt::runtime(in_language("{}이나 HOME을 정하세요", "set {} or HOME")), variable));
  }
  return fs::path(home) / fallback;
}

Status make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return {};
  Error made = io_error(path, in_language("폴더를 만들 수 없습니다", "cannot make the folder"), error.value()).value();
  made.kind = ErrorKind::kIo;
  if (made.hint.empty())
    made.hint = in_language("XDG_DATA_HOME을 쓸 수 있는 폴더로 정하세요",
                            "set XDG_DATA_HOME to a folder that you can write to");
  return fail(std::move(made));
}

Result<std::string> read_small_file(const fs::path& path, size_t max_bytes) {
  HANOK_TRY(InFile file, InFile::open(path));
  std::string text;
  std::string buffer(size_t{64} << 10, '\0');
  while (true) {
    HANOK_TRY(const size_t n_read, file.read(std::as_writable_bytes(std::span(buffer))));
    if (n_read == 0) return text;
    text.append(buffer, 0, n_read);
    if (text.size() > max_bytes) {
      return fail(ErrorKind::kLimit, in_language("파일이 너무 큽니다", "the file is too large"), path.string(),
                  fmt::format(fmt::runtime(in_language("최대 {}바이트", "at most {} bytes")), max_bytes));
    }
  }
}

Status make_private_folder(const fs::path& folder) {
  HANOK_RETURN_IF_ERROR(make_folders(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return io_error(folder, in_language("폴더를 만들 수 없습니다", "cannot make the folder"), errno);
  return sync_folder(folder.parent_path());
}

Status write_file_whole(const fs::path& path, std::string_view text, Readers readers) {
  return write_file_whole(
      path, [text](const WritePiece& write) { return write(text); }, readers);
}

Status write_file_whole(const fs::path& path, const std::function<Status(const WritePiece&)>& fill, Readers readers) {
  fs::path aside = path;
  aside += fmt::format(".{}.new", ::getpid());
  ::unlink(aside.c_str());  // left by a process that died, or a link
  auto written = [&]() -> Status {
    HANOK_TRY(OutFile file, OutFile::open(aside, 0, readers));
    HANOK_RETURN_IF_ERROR(fill([&](std::string_view piece) { return file.write(std::as_bytes(std::span(piece))); }));
    HANOK_RETURN_IF_ERROR(file.sync());
    return move_file(aside, path);
  }();
  if (written) return written;
  ::unlink(aside.c_str());
  written.error().where = path.string();
  return written;
}

Status move_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return io_error(to, in_language("이름을 바꿀 수 없습니다", "cannot rename to"), errno);
  return sync_folder(to.parent_path());
}

uint64_t file_bytes(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) ? static_cast<uint64_t>(info.st_size) : 0;
}

uint64_t tree_bytes(const fs::path& folder) {
  uint64_t total = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored) && !it->is_symlink(ignored)) total += file_bytes(it->path());
  }
  return total;
}

Status remove_tree(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) return io_error(folder, in_language("지울 수 없습니다", "cannot remove"), error.value());
  return {};
}

Status need_room(const fs::path& folder, uint64_t n_bytes) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0)
    return io_error(folder, in_language("남은 자리를 알 수 없습니다", "cannot ask for free space"), errno);
  const uint64_t n_free = static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  if (n_free >= n_bytes) return {};
  return fail(ErrorKind::kLimit, in_language("디스크에 자리가 모자랍니다", "not enough room on the disk"),
              folder.string(), human_bytes(n_bytes), human_bytes(n_free),
              in_language("자리를 비우거나 XDG_DATA_HOME을 더 큰 디스크로 정하세요",
                          "free some space, or set XDG_DATA_HOME to a larger disk"));
}

std::string human_bytes(uint64_t n_bytes) {
  const char* const kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(n_bytes);
  size_t unit = 0;
  while (value >= 1000 && unit < 4) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", n_bytes) : fmt::format("{:.{}f} {}", value, unit >= 3 ? 2 : 1, kUnits[unit]);
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace hanok
