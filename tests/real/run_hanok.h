// Runs the program as a user would and keeps what it wrote, write by write.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace hanok {

struct Output {
  int exit_code = -1;
  int64_t peak_bytes = 0;           // of resident memory
  std::vector<std::string> writes;  // what each write to standard output carried
  std::string text() const {
    std::string all;
    for (const std::string& piece : writes) all += piece;
    return all;
  }
};

// Runs the program with its standard output on a pipe that keeps writes apart.
inline Output run_hanok(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), HANOK_BINARY);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  Output output;
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_DIRECT | O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  pid_t pid = -1;
  EXPECT_EQ(posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::array<char, 65536> buffer;
  for (ssize_t n; (n = ::read(ends[0], buffer.data(), buffer.size())) != 0;) {
    if (n > 0) output.writes.emplace_back(buffer.data(), static_cast<size_t>(n));
    if (n < 0 && errno != EINTR) break;
  }
  ::close(ends[0]);
  int status = 0;
  struct rusage usage {};
  EXPECT_EQ(::wait4(pid, &status, 0, &usage), pid);
  output.peak_bytes = int64_t{usage.ru_maxrss} * 1024;
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

}  // namespace hanok
