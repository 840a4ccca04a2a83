#include "app/signals.h"

#include <poll.h>
#include <unistd.h>

#include "app/report.h"

namespace hanok {
namespace {

std::atomic<bool> interrupted_flag{false};
std::atomic<bool> terminated_flag{false};
std::atomic<bool> resized_flag{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");

void on_interrupt(int signal) {
  interrupted_flag.store(true);
  if (signal == SIGTERM) terminated_flag.store(true);
}

void on_resize(int) {
  resized_flag.store(true);
}

void on_broken_pipe(int) {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  if (poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0) _exit(kExitBrokenPipe);
}

}  // namespace

InterruptScope::InterruptScope(Second second) {
  interrupted_flag.store(false);
  terminated_flag.store(false);
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  // Restarted: a terminal that is being written to takes the rest. What waits for input asks poll, which is not.
  action.sa_flags = SA_RESTART | (second == Second::kEnds ? static_cast<int>(SA_RESETHAND) : 0);
  sigaction(SIGINT, &action, &old_int_);
  sigaction(SIGTERM, &action, &old_term_);
}

InterruptScope::~InterruptScope() {
  interrupted_flag.store(false);
  sigaction(SIGINT, &old_int_, nullptr);
  sigaction(SIGTERM, &old_term_, nullptr);
}

bool InterruptScope::terminated() const {
  return terminated_flag.load();
}

void InterruptScope::clear() {
  interrupted_flag.store(false);
}

const std::atomic<bool>* InterruptScope::flag() const {
  return &interrupted_flag;
}

bool is_interrupted() {
  return interrupted_flag.load();
}

ResizeScope::ResizeScope() {
  struct sigaction action = {};
  action.sa_handler = on_resize;
  action.sa_flags = SA_RESTART;
  sigaction(SIGWINCH, &action, &old_);
}

ResizeScope::~ResizeScope() {
  sigaction(SIGWINCH, &old_, nullptr);
}

bool window_was_resized() {
  return resized_flag.exchange(false);
}

void end_quietly_on_broken_pipe() {
  struct sigaction action = {};
  action.sa_handler = on_broken_pipe;
  sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace hanok
