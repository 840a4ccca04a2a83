#include "base/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/locale.h"

extern char** environ;

namespace hanok {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr auto kLongestStep = std::chrono::milliseconds(200);  // a longer one means that this program was stopped
constexpr size_t kKeptErrorBytes = size_t{4} << 10;
constexpr int kFirstFree = 10;  // descriptors below it are the child's own

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    if (std::none_of(more.begin(), more.end(), [&](const auto& each) { return each.first == name; }))
      all.emplace_back(text);
  }
  for (const auto& [name, value] : more) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

struct Prepared {
  char* const* arguments;
  char* const* environment;
  std::array<int, 4> files;  // standard input, output, errors and the child's file
  ChildLimits limits;
  pid_t parent;
  int told;
};

// Above the soft limit of processor time comes a signal that tells why; a second later the hard one.
bool set_limit(int resource, uint64_t value) {
  const rlimit limit{value, value + (resource == RLIMIT_CPU ? 1 : 0)};
  return value == 0 || ::setrlimit(static_cast<__rlimit_resource_t>(resource), &limit) == 0;
}

bool set_limits(const ChildLimits& limits) {
  const rlimit none{0, 0};
  return set_limit(RLIMIT_AS, limits.memory_bytes) && set_limit(RLIMIT_CPU, limits.processor_seconds) &&
         set_limit(RLIMIT_FSIZE, limits.file_bytes) && ::setrlimit(RLIMIT_CORE, &none) == 0;
}

// Moves the descriptors out of the way first, for one may have another's number.
bool place_files(const std::array<int, 4>& files) {
  std::array<int, 4> moved;
  for (size_t i = 0; i < files.size(); ++i) {
    const int from = files[i] >= 0 || i == 3 ? files[i] : ::open("/dev/null", O_RDWR);
    moved[i] = from < 0 ? -1 : ::fcntl(from, F_DUPFD_CLOEXEC, kFirstFree);
    if (moved[i] < 0 && i < 3) return false;
  }
  for (size_t i = 0; i < moved.size(); ++i)
    if (moved[i] >= 0 && ::dup2(moved[i], static_cast<int>(i)) < 0) return false;
  return ::close_range(moved[3] >= 0 ? 4 : 3, ~0u, CLOSE_RANGE_CLOEXEC) == 0;
}

// In the child: what follows is allowed between fork and exec.
[[noreturn]] void become(const Prepared& prepared) {
  ::setpgid(0, 0);  // Ctrl-C in the terminal reaches us, and we end it with all its children
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != prepared.parent) ::_exit(127);  // it ended before that was asked for
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ, SIGXCPU}) ::signal(number, SIG_DFL);
  const int told = ::fcntl(prepared.told, F_DUPFD_CLOEXEC, kFirstFree);
  if (place_files(prepared.files) && set_limits(prepared.limits))
    ::execve(prepared.arguments[0], prepared.arguments, prepared.environment);
  const int code = errno;
  (void)!::write(told, &code, sizeof code);
  ::_exit(127);
}

tl::unexpected<Error> not_started(const std::string& program, int code) {
  return fail(ErrorKind::kIo, in_language("프로그램을 시작할 수 없습니다", "cannot start the program"), program, {},
              std::strerror(code));
}

// One end of a pipe that is read without waiting.
struct Collector {
  Descriptor end;
  std::string text;
  bool is_open = true;

  // Takes what there is.
  void take() {
    std::array<char, 1 << 16> buffer;
    while (is_open) {
      const ssize_t n = ::read(end.get(), buffer.data(), buffer.size());
      if (n > 0) {
        text.append(buffer.data(), static_cast<size_t>(n));
        return;
      }
      if (n < 0 && errno == EINTR) continue;
      if (n == 0 || errno != EAGAIN) is_open = false;
      return;
    }
  }
};

Result<Descriptor> open_pipe(Collector& collector, const std::string& program) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return not_started(program, errno);
  collector.end = Descriptor(ends[0]);
  Descriptor writes(ends[1]);
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return not_started(program, errno);
  return writes;
}

class Watch {
 public:
  Watch(const ChildRun& run, const std::string& program) : run_(run), program_(program) {}

  Result<int> until_end(ChildProcess& child, Collector& out, Collector& err) {
    std::optional<int> status;
    while (true) {
      if (!status) {
        HANOK_TRY(status, child.poll());
      }
      wait_for(out, err, status.has_value());
      if (out.text.size() > run_.max_output_bytes) return too_much_output();
      if (err.text.size() > 2 * kKeptErrorBytes) err.text.erase(0, err.text.size() - kKeptErrorBytes);
      if (status && !has_more_) return *status;
      if (run_.cancel != nullptr && run_.cancel->load())
        return fail(ErrorKind::kInterrupted, in_language("멈췄습니다", "stopped"), program_);
      HANOK_RETURN_IF_ERROR(pass_time());
    }
  }

 private:
  void wait_for(Collector& out, Collector& err, bool has_ended) {
    std::array<pollfd, 2> ends{
        {{out.is_open ? out.end.get() : -1, POLLIN, 0}, {err.is_open ? err.end.get() : -1, POLLIN, 0}}};
    const int timeout = has_ended ? 0 : static_cast<int>(kPoll.count());
    has_more_ = ::poll(ends.data(), ends.size(), timeout) > 0;
    if (ends[0].revents != 0) out.take();
    if (ends[1].revents != 0) err.take();
    if (!out.is_open && !err.is_open && !has_ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  Status pass_time() {
    const auto now = Clock::now();
    passed_ += std::min<Clock::duration>(now - last_, kLongestStep);
    last_ = now;
    if (passed_ <= run_.time) return {};
    return fail(ErrorKind::kLimit, in_language("너무 오래 걸려 멈췄습니다", "it took too long and was stopped"),
                program_,
                fmt::format(fmt::runtime(in_language("{}초 안", "within {} s")),
                            std::chrono::duration_cast<std::chrono::seconds>(run_.time).count()));
  }

  tl::unexpected<Error> too_much_output() const {
    return fail(ErrorKind::kLimit,
                in_language("결과가 너무 커서 멈췄습니다", "its output was too large and it was stopped"), program_,
                fmt::format(fmt::runtime(in_language("최대 {}바이트", "at most {} bytes")), run_.max_output_bytes));
  }

  const ChildRun& run_;
  const std::string& program_;
  Clock::time_point last_ = Clock::now();
  Clock::duration passed_{0};
  bool has_more_ = false;
};

}  // namespace

std::string find_program(const std::string& program) {
  if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0 ? program : std::string();
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    const std::filesystem::path candidate = std::filesystem::path(rest.substr(0, colon)) / program;
    std::error_code ignored;
    if (colon > 0 && std::filesystem::is_regular_file(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0)
      return candidate.string();
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return {};
}

Result<ChildProcess> ChildProcess::start(ChildCommand command) {
  std::vector<std::string> environment = environment_with(command.environment);
  const std::vector<char*> argv = pointers(command.arguments), envp = pointers(environment);
  const std::string& program = command.arguments[0];
  int told[2];
  if (::pipe2(told, O_CLOEXEC) != 0) return not_started(program, errno);
  const Descriptor reads(told[0]);
  Descriptor writes(told[1]);
  const Prepared prepared{argv.data(),    envp.data(), {command.in, command.out, command.err, command.file},
                          command.limits, ::getpid(),  writes.get()};
  const pid_t pid = ::fork();
  if (pid == 0) become(prepared);
  if (pid < 0) return not_started(program, errno);
  ::setpgid(pid, pid);  // in both, so that it is done whoever runs first
  writes = Descriptor();
  int code = 0;
  ssize_t n = 0;
  do n = ::read(reads.get(), &code, sizeof code);
  while (n < 0 && errno == EINTR);
  if (n != sizeof code) return ChildProcess(pid);  // closed by exec
  ::waitpid(pid, nullptr, 0);
  return not_started(program, code);
}

Result<std::optional<int>> ChildProcess::poll() {
  int status = 0;
  const pid_t ended = pid_ < 0 ? -1 : ::waitpid(pid_, &status, WNOHANG);
  if (pid_ >= 0 && ended == pid_) {
    pid_ = -1;
    return std::optional<int>(status);
  }
  if (ended < 0 && errno != EINTR) {
    pid_ = -1;
    return fail(ErrorKind::kIo, in_language("시작한 프로그램을 놓쳤습니다", "lost sight of a program that was started"),
                {}, {}, std::strerror(errno));
  }
  return std::optional<int>();
}

void ChildProcess::stop() {
  if (pid_ < 0) return;
  const pid_t pid = std::exchange(pid_, -1);
  ::kill(-pid, SIGTERM);
  for (int i = 0; i < 100; ++i) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) != 0) return;
    std::this_thread::sleep_for(kPoll);
  }
  ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

std::string how_it_ended(int wait_status) {
  if (WIFEXITED(wait_status))
    return fmt::format(fmt::runtime(in_language("종료 상태 {}", "exit status {}")), WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  return fmt::format(fmt::runtime(in_language("신호 {} ({})", "signal {} ({})")), number, ::strsignal(number));
}

Result<ChildOutput> run_child(ChildCommand command, const ChildRun& run) {
  const std::string program = command.arguments[0];
  Collector out, err;
  HANOK_TRY(Descriptor out_end, open_pipe(out, program));
  HANOK_TRY(Descriptor err_end, open_pipe(err, program));
  command.out = out_end.get();
  command.err = err_end.get();
  HANOK_TRY(ChildProcess child, ChildProcess::start(std::move(command)));
  out_end = Descriptor();
  err_end = Descriptor();
  HANOK_TRY(const int status, Watch(run, program).until_end(child, out, err));
  if (err.text.size() > kKeptErrorBytes) err.text.erase(0, err.text.size() - kKeptErrorBytes);
  if (WIFEXITED(status)) return ChildOutput{WEXITSTATUS(status), std::move(out.text), std::move(err.text)};
  const bool is_time = WTERMSIG(status) == SIGXCPU;
  return fail(is_time ? ErrorKind::kLimit : ErrorKind::kIo,
              in_language("프로그램이 도중에 끝났습니다", "the program ended before it was done"), program, {},
              how_it_ended(status));
}

Result<Descriptor> nameless_file(std::string_view bytes) {
  Descriptor file(::memfd_create("hanok", MFD_CLOEXEC));
  const auto failed = [] {
    return fail(ErrorKind::kIo, in_language("임시 파일을 만들 수 없습니다", "cannot make a temporary file"), {}, {},
                std::strerror(errno));
  };
  if (file.get() < 0) return failed();
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed();
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return failed();
  return file;
}

}  // namespace hanok
