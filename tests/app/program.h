// The program as a test runs it: with its own folders, environment and standard streams.
#pragma once

#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"

namespace hanok::testing {

using Environment = std::map<std::string, std::string>;

// What the program sees: English, no folders of the person who runs the tests.
inline Environment environment(const std::filesystem::path& home, const Environment& more = {}) {
  Environment all{{"HOME", home.string()}, {"LC_ALL", "C"}, {"TERM", "xterm"}, {"PATH", "/usr/bin:/bin"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

// In a child process: becomes the program.
[[noreturn]] inline void become_program(const std::vector<std::string>& arguments, const Environment& env) {
  std::vector<std::string> words{HANOK_BINARY}, settings;
  words.insert(words.end(), arguments.begin(), arguments.end());
  for (const auto& [name, value] : env) settings.push_back(name + "=" + value);
  std::vector<char*> argv, envp;
  for (std::string& word : words) argv.push_back(word.data());
  for (std::string& setting : settings) envp.push_back(setting.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  ::execve(HANOK_BINARY, argv.data(), envp.data());
  ::_exit(127);
}

inline int exit_code_of_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct Outcome {
  int exit_code = -1;
  std::string out, err;
};

// Runs the program to its end with `input` on its standard input.
inline Outcome run_program(const std::vector<std::string>& arguments, const Environment& env,
                           const std::string& input = "", const char* output = "out", const char* input_path = "in",
                           rlim_t memory_bytes = RLIM_INFINITY) {
  const Scratch streams;
  write_file(streams / "in", input);
  write_file(streams / "out", "");  // stays so where output is another file
  const pid_t child = ::fork();
  if (child == 0) {
    const auto open_as = [&](const char* name, int flags, int descriptor) {
      ::dup2(::open((streams / name).c_str(), flags, 0600), descriptor);
    };
    open_as(input_path, O_RDONLY, STDIN_FILENO);
    open_as(output, O_WRONLY | O_CREAT, STDOUT_FILENO);
    open_as("err", O_WRONLY | O_CREAT, STDERR_FILENO);
    const rlimit limit{memory_bytes, memory_bytes};
    ::setrlimit(RLIMIT_AS, &limit);
    become_program(arguments, env);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return {exit_code_of_status(status), read_file(streams / "out"), read_file(streams / "err")};
}

}  // namespace hanok::testing
