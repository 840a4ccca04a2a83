#include "app/input.h"

#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/report.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "base/disk.h"

namespace hanok {
namespace fs = std::filesystem;
namespace {

constexpr int kWaitMs = 100;  // between two looks at the interrupt flag

tl::unexpected<Error> too_large(const std::string& name, uint64_t max_bytes, const std::string& got) {
  return fail(ErrorKind::kLimit, in_language("글이 너무 큽니다", "the text is too large"), name,
              fmt::format(fmt::runtime(in_language("최대 {}", "at most {}")), human_bytes(max_bytes)), got,
              in_language("필요한 부분만 다른 파일에 담아 주세요", "keep the part you need in a file of its own"));
}

tl::unexpected<Error> unreadable(const std::string& name, int code) {
  const bool missing = code == ENOENT || code == ENOTDIR;
  return fail(missing ? ErrorKind::kNotFound : ErrorKind::kIo,
              missing ? in_language("그런 파일이 없습니다", "no such file")
                      : in_language("파일을 열거나 읽을 수 없습니다", "cannot open or read the file"),
              name.empty() ? "\"\"" : name, "", missing ? "" : std::strerror(code));
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return in_language("폴더", "a folder");
  if (S_ISSOCK(mode)) return in_language("소켓", "a socket");
  return in_language("장치", "a device");
}

Result<std::string> read_all(int descriptor, const std::string& name, uint64_t max_bytes) {
  std::string text;
  std::vector<char> buffer(1 << 16);
  for (;;) {
    const ssize_t n = read_some(descriptor, buffer);
    if (n < 0 && errno == EINTR) return fail(ErrorKind::kInterrupted, in_language("멈췄습니다", "stopped"), name);
    if (n < 0) return unreadable(name, errno);
    if (n == 0) return text;
    if (text.size() + static_cast<size_t>(n) > max_bytes)
      return too_large(name, max_bytes, in_language("그보다 큼", "more"));
    text.append(buffer.data(), static_cast<size_t>(n));
  }
}

}  // namespace

bool wait_for_input(int descriptor) {
  while (!is_interrupted()) {
    pollfd input{descriptor, POLLIN, 0};
    const int n_ready = ::poll(&input, 1, kWaitMs);
    if (n_ready > 0 || (n_ready < 0 && errno != EINTR)) return true;
  }
  return false;
}

ssize_t read_some(int descriptor, std::span<char> room) {
  while (wait_for_input(descriptor)) {
    const ssize_t n = ::read(descriptor, room.data(), room.size());
    if (n >= 0 || (errno != EINTR && errno != EAGAIN)) return n;
  }
  errno = EINTR;
  return -1;
}

Result<std::string> read_text(const fs::path& path, uint64_t max_bytes) {
  if (path == "-") {
    if (stdin_is_terminal())
      fmt::print(stderr, "{}\n",
                 in_language("입력을 기다립니다. Ctrl-D로 끝냅니다", "reading from the terminal; Ctrl-D ends it"));
    return read_all(STDIN_FILENO, in_language("표준 입력", "standard input"), max_bytes);
  }
  // Without waiting, or a pipe that nobody writes to could not be left.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return unreadable(path.string(), errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return unreadable(path.string(), errno);
  if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)) {
    return fail(ErrorKind::kInvalidInput, in_language("파일이 아닙니다", "not a file"), path.string(),
                in_language("파일", "a file"), kind_of(info.st_mode));
  }
  const auto n_bytes = static_cast<uint64_t>(info.st_size);
  if (n_bytes > max_bytes) return too_large(path.string(), max_bytes, human_bytes(n_bytes));
  return read_all(file.get(), path.string(), max_bytes);
}

}  // namespace hanok
