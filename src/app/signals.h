// Signals the program lives with: Ctrl-C asks a command to stop, a reader that went away ends it quietly.
#pragma once

#include <atomic>
#include <csignal>

namespace hanok {

// While it lives, SIGINT and SIGTERM set a flag instead of ending the program; a second one ends it at once.
class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  const std::atomic<bool>* flag() const;
  bool interrupted() const { return flag()->load(); }

 private:
  struct sigaction old_int_ = {}, old_term_ = {};
};

// When the reader of standard output goes away (`hanok list | head -1`), the program ends with kExitBrokenPipe and
// without a word. Broken connections of the network stay errors of their own.
void end_quietly_on_broken_pipe();

}  // namespace hanok
