// Starts pip without a shell and watches it.
#include "hub/pip.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hub/disk.h"

extern char** environ;

namespace hanok {
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr auto kReport = std::chrono::milliseconds(250);
constexpr auto kStall = std::chrono::minutes(10);  // pip's own time-outs are shorter; this is for a pip that hangs

std::string on_path(const std::string& program) {
  if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0 ? program : std::string();
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    const fs::path candidate = fs::path(rest.substr(0, colon)) / program;
    std::error_code ignored;
    if (colon > 0 && fs::is_regular_file(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0)
      return candidate.string();
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return {};
}

std::vector<std::string> environment_with(const fs::path& scratch) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, "TMPDIR=", 7) != 0) all.emplace_back(*entry);
  }
  all.push_back("TMPDIR=" + scratch.string());  // large temporary files go where room was checked
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Starts the child in its own process group with its words going to `log`.
Result<pid_t> start(std::vector<std::string> arguments, const fs::path& scratch, const fs::path& log) {
  std::vector<std::string> environment = environment_with(scratch);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}) sigaddset(&defaults, number);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);  // Ctrl-C in the terminal reaches us, and we end it with all its children
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int code = posix_spawn(&pid, arguments[0].c_str(), &actions, &attributes, pointers(arguments).data(),
                               pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code != 0) return fail(ErrorKind::kIo, fmt::format("cannot start pip: {}", std::strerror(code)), arguments[0]);
  return pid;
}

void stop(pid_t pid) {
  ::kill(-pid, SIGTERM);
  for (int i = 0; i < 100; ++i) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) != 0) return;
    std::this_thread::sleep_for(kPoll);
  }
  ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

// Waits for the child's end, telling how far it is. Returns its wait status.
Result<int> watch(pid_t pid, const PipRequest& request, const fs::path& log) {
  auto last_report = Clock::now(), last_change = Clock::now();
  uint64_t last_seen = 0;
  while (true) {
    int status = 0;
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) return status;
    if (ended < 0 && errno != EINTR) return fail(ErrorKind::kIo, "lost sight of pip", request.package);
    const auto now = Clock::now();
    if (request.cancel != nullptr && request.cancel->load()) {
      stop(pid);
      return fail(ErrorKind::kInterrupted, "stopped", request.package, {}, {},
                  "run the same command again: it continues");
    }
    if (now - last_report >= kReport) {
      last_report = now;
      const uint64_t n_bytes = tree_bytes(request.scratch) + tree_bytes(request.into);
      if (request.on_bytes) request.on_bytes(n_bytes);
      const uint64_t seen = n_bytes + file_bytes(log);
      if (seen != last_seen) last_change = now;
      last_seen = seen;
    }
    if (now - last_change > kStall) {
      stop(pid);
      return fail(ErrorKind::kNetwork, "pip made no progress for 10 minutes", request.package);
    }
    std::this_thread::sleep_for(kPoll);
  }
}

// The last lines pip said, on one line, for the error message.
std::string last_words(const fs::path& log) {
  const auto text = read_small_file(log);
  if (!text) return {};
  std::string out;
  size_t end = text->find_last_not_of(" \n\r");
  for (int n_lines = 0; n_lines < 3 && end != std::string::npos; ++n_lines) {
    const size_t newline = text->rfind('\n', end);
    const size_t begin = newline == std::string::npos ? 0 : newline + 1;
    const std::string line = text->substr(begin, std::min<size_t>(end - begin + 1, 300));
    if (line.find("Traceback") != std::string::npos) break;
    out = out.empty() ? line : line + "; " + out;
    end = newline == std::string::npos || newline == 0 ? std::string::npos : text->find_last_not_of(" \n\r", newline);
  }
  return out;
}

Result<fs::path> only_wheel(const fs::path& folder, const std::string& package) {
  std::vector<fs::path> wheels;
  std::error_code error;
  for (const auto& item : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    if (item.path().extension() == ".whl" && item.is_regular_file(ignored) && !item.is_symlink(ignored))
      wheels.push_back(item.path());
  }
  if (wheels.size() == 1) return wheels[0];
  return fail(ErrorKind::kNetwork, "pip ended without giving one wheel", package, "1 wheel",
              fmt::format("{}", wheels.size()));
}

}  // namespace

Result<std::vector<std::string>> find_pip() {
  if (const char* set = std::getenv("HANOK_PIP"); set != nullptr && set[0] != '\0') {
    const std::string program = on_path(set);
    if (!program.empty()) return std::vector{program};
    return fail(ErrorKind::kNotFound, "no such program", "HANOK_PIP", "a pip client", set);
  }
  for (const char* name : {"pip3", "pip"}) {
    if (std::string program = on_path(name); !program.empty()) return std::vector{std::move(program)};
  }
  if (const std::string python = on_path("python3"); !python.empty())
    return std::vector<std::string>{python, "-m", "pip"};
  return fail(ErrorKind::kNotFound, "no pip client on the PATH", "pip", "pip3, pip or python3 -m pip", "none",
              "install it (Debian: apt-get install python3-pip) or set HANOK_PIP");
}

Result<fs::path> pip_download(const std::vector<std::string>& pip, const PipRequest& request) {
  std::vector<std::string> arguments = pip;
  for (const char* option : {"download", "--no-deps", "--only-binary=:all:", "--no-input", "--no-cache-dir",
                             "--disable-pip-version-check", "--progress-bar=off", "--dest"}) {
    arguments.emplace_back(option);
  }
  arguments.push_back(request.into.string());
  arguments.push_back(request.package);
  const fs::path log = request.into.parent_path() / "pip.log";
  HANOK_TRY(const pid_t pid, start(std::move(arguments), request.scratch, log));
  HANOK_TRY(const int status, watch(pid, request, log));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string words = last_words(log);
    const bool is_full = words.find("No space left") != std::string::npos;
    return fail(
        is_full ? ErrorKind::kIo : ErrorKind::kNetwork,
        is_full ? "no room left on the disk" : "pip could not download the package", request.package, {},
        words.empty() ? fmt::format("exit status {}", status) : words,
        "check the network and pip's configuration (pip config list), then run the same command again: it continues");
  }
  return only_wheel(request.into, request.package);
}

}  // namespace hanok
