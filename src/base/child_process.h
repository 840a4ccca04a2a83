// Other programs as child processes: started without a shell, bounded, and stopped with their own children.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/descriptor.h"
#include "base/result.h"

namespace hanok {

// The program's path: `program` itself where it has a slash, else the first of that name on the PATH; empty when there
// is none that can be run.
std::string find_program(const std::string& program);

// The bounds the system keeps for the child; 0 is none.
struct ChildLimits {
  uint64_t memory_bytes = 0;  // of its address space
  uint64_t processor_seconds = 0;
  uint64_t file_bytes = 0;  // of any file it writes
};

struct ChildCommand {
  std::vector<std::string> arguments;                            // [0] is the program's path
  std::vector<std::pair<std::string, std::string>> environment;  // set beside this program's own
  int in = -1, out = -1, err = -1;                               // -1 is /dev/null
  int file = -1;  // a file that the child finds at kChildFile, under a name that says nothing
  ChildLimits limits;
};

// Where the child opens ChildCommand::file.
inline constexpr const char* kChildFile = "/proc/self/fd/3";

// A running child in a process group of its own. It ends with this program, however that ends, and with its owner.
class ChildProcess {
 public:
  // Error: kIo when the program cannot be started.
  static Result<ChildProcess> start(ChildCommand command);
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  ~ChildProcess() { stop(); }

  // The wait status, once, when it has ended. Error: kIo when somebody else took it.
  Result<std::optional<int>> poll();
  // Asks it and its children to end, and after two seconds ends them.
  void stop();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
};

// "exit status 1", "signal 9 (Killed)".
std::string how_it_ended(int wait_status);

struct ChildRun {
  std::chrono::milliseconds time{0};  // that it may take; while this program itself is stopped no time passes
  uint64_t max_output_bytes = 0;
  const std::atomic<bool>* cancel = nullptr;  // may be null
};

struct ChildOutput {
  int exit_status = 0;
  std::string out;
  std::string err;  // the last few KiB
};

// Runs the program to its end with its two outputs collected (the command's own are not looked at). Errors: kIo when it
// cannot be started or dies of a signal, kLimit for too much time or output, kInterrupted.
Result<ChildOutput> run_child(ChildCommand command, const ChildRun& run);

// A file without a name that holds the bytes, read from its beginning. Error: kIo.
Result<Descriptor> nameless_file(std::string_view bytes);

}  // namespace hanok
