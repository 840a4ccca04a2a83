// Starts pip without a shell and watches it.
#include "hub/pip.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>

#include "base/child_process.h"
#include "base/disk.h"
#include "base/locale.h"

namespace hanok {
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr auto kReport = std::chrono::milliseconds(250);
constexpr auto kStall = std::chrono::minutes(10);  // pip's own time-outs are shorter; this is for a pip that hangs

// Large temporary files go where room was checked.
Result<ChildProcess> start(std::vector<std::string> arguments, const fs::path& scratch, const fs::path& log) {
  const Descriptor words(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (words.get() < 0)
    return fail(ErrorKind::kIo, in_language("pip를 시작할 수 없습니다", "cannot start pip"), log.string(), {},
                std::strerror(errno));
  ChildCommand command;
  command.arguments = std::move(arguments);
  command.environment = {{"TMPDIR", scratch.string()}};
  command.out = command.err = words.get();
  return ChildProcess::start(std::move(command));
}

// Waits for the child's end, telling how far it is. Returns its wait status.
Result<int> watch(ChildProcess& pip, const PipRequest& request, const fs::path& log) {
  auto last_report = Clock::now(), last_change = Clock::now();
  uint64_t last_seen = 0;
  while (true) {
    HANOK_TRY(const std::optional<int> status, pip.poll());
    if (status) return *status;
    const auto now = Clock::now();
    if (request.cancel != nullptr && request.cancel->load()) {
      pip.stop();
      return fail(ErrorKind::kInterrupted, in_language("멈췄습니다", "stopped"), request.package, {}, {},
                  in_language("같은 명령을 다시 내리면 이어집니다", "run the same command again: it continues"));
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
      pip.stop();
      return fail(ErrorKind::kNetwork,
                  in_language("pip가 10분 동안 나아가지 않았습니다", "pip made no progress for 10 minutes"),
                  request.package);
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

// pip says that nothing matches also where it could not ask; then it has told of its retries before.
bool is_missing(const fs::path& log) {
  const std::string text = read_small_file(log).value_or("");
  return text.find("No matching distribution found") != std::string::npos &&
         text.find("Retrying (") == std::string::npos && text.find("Could not fetch URL") == std::string::npos;
}

Error why_it_failed(int status, const std::string& package, const fs::path& log) {
  std::string got = last_words(log);
  if (got.empty() || !WIFEXITED(status)) got = how_it_ended(status) + (got.empty() ? "" : "; ") + got;
  if (got.find("No space left") != std::string::npos)
    return Error{ErrorKind::kIo,
                 in_language("디스크에 자리가 없습니다", "no room left on the disk"),
                 package,
                 "",
                 got,
                 in_language("자리를 비우고 같은 명령을 다시 내리면 이어집니다",
                             "free some space and run the same command again: it continues")};
  if (is_missing(log))
    return Error{
        ErrorKind::kNotFound,
        in_language("그런 패키지나 판이 없습니다", "no such package or version"),
        package,
        "",
        got,
        in_language("이름과 판을 확인하세요. 맞다면 네트워크와 pip의 설정(pip config list)을 확인하세요",
                    "check the name and the version; where they are right, the network and pip's configuration "
                    "(pip config list)")};
  return Error{ErrorKind::kNetwork,
               in_language("pip가 패키지를 받지 못했습니다", "pip could not download the package"),
               package,
               "",
               got,
               in_language("네트워크와 pip의 설정(pip config list)을 확인하고 같은 명령을 다시 내리면 이어집니다",
                           "check the network and pip's configuration (pip config list), then run the same command "
                           "again: it continues")};
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
  return fail(ErrorKind::kNetwork,
              in_language("pip가 휠 하나를 주지 않고 끝났습니다", "pip ended without giving one wheel"), package,
              "1 wheel", fmt::format("{}", wheels.size()));
}

}  // namespace

Result<std::vector<std::string>> find_pip() {
  if (const char* set = std::getenv("HANOK_PIP"); set != nullptr && set[0] != '\0') {
    const std::string program = find_program(set);
    if (!program.empty()) return std::vector{program};
    return fail(ErrorKind::kNotFound, in_language("그런 프로그램이 없습니다", "no such program"), "HANOK_PIP",
                in_language("pip", "a pip client"), set);
  }
  for (const char* name : {"pip3", "pip"}) {
    if (std::string program = find_program(name); !program.empty()) return std::vector{std::move(program)};
  }
  if (const std::string python = find_program("python3"); !python.empty())
    return std::vector<std::string>{python, "-m", "pip"};
  return fail(ErrorKind::kNotFound, in_language("PATH에 pip가 없습니다", "no pip client on the PATH"), "pip",
              in_language("pip3, pip 또는 python3 -m pip", "pip3, pip or python3 -m pip"), in_language("없음", "none"),
              in_language("설치하거나(데비안: apt-get install python3-pip) HANOK_PIP를 정하세요",
                          "install it (Debian: apt-get install python3-pip) or set HANOK_PIP"));
}

fs::path pip_log_path(const fs::path& into) {
  return into.parent_path() / "pip.log";
}

Result<fs::path> pip_download(const std::vector<std::string>& pip, const PipRequest& request) {
  std::vector<std::string> arguments = pip;
  for (const char* option : {"download", "--no-deps", "--only-binary=:all:", "--no-input", "--no-cache-dir",
                             "--disable-pip-version-check", "--progress-bar=off", "--dest"}) {
    arguments.emplace_back(option);
  }
  arguments.push_back(request.into.string());
  arguments.push_back(request.package);
  const fs::path log = pip_log_path(request.into);
  HANOK_TRY(ChildProcess child, start(std::move(arguments), request.scratch, log));
  HANOK_TRY(const int status, watch(child, request, log));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail(why_it_failed(status, request.package, log));
  return only_wheel(request.into, request.package);
}

}  // namespace hanok
