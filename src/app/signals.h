// Signals the program lives with: Ctrl-C asks a command to stop, a reader that went away ends it quietly.
#pragma once

#include <atomic>
#include <csignal>

namespace hanok {

// While it lives, SIGINT and SIGTERM set a flag instead of ending the program.
class InterruptScope {
 public:
  // What a second signal does before the flag was cleared: kEnds ends the program at once.
  enum class Second { kEnds, kNothing };
  explicit InterruptScope(Second second = Second::kEnds);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  const std::atomic<bool>* flag() const;
  bool interrupted() const { return flag()->load(); }
  bool terminated() const;  // by SIGTERM; clear() does not forget it
  void clear();

 private:
  struct sigaction old_int_ = {}, old_term_ = {};
};

// True once such a scope saw a signal, until it is cleared or ends; for what waits without knowing the scope.
bool is_interrupted();

// While it lives, a change of the terminal's size interrupts what waits and is remembered.
class ResizeScope {
 public:
  ResizeScope();
  ~ResizeScope();
  ResizeScope(const ResizeScope&) = delete;
  ResizeScope& operator=(const ResizeScope&) = delete;

 private:
  struct sigaction old_ = {};
};
// True once after each change.
bool window_was_resized();

// When the reader of standard output goes away (`hanok list | head -1`), the program ends with kExitBrokenPipe and
// without a word. Broken connections of the network stay errors of their own.
void end_quietly_on_broken_pipe();

}  // namespace hanok
