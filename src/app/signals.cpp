#include "app/signals.h"

#include <poll.h>
#include <unistd.h>

#include "app/report.h"

namespace hanok {
namespace {

std::atomic<bool> interrupted_flag{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");

void on_interrupt(int) {
  interrupted_flag.store(true);
}

void on_broken_pipe(int) {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  if (poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0) _exit(kExitBrokenPipe);
}

}  // namespace

InterruptScope::InterruptScope() {
  interrupted_flag.store(false);
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, &old_int_);
  sigaction(SIGTERM, &action, &old_term_);
}

InterruptScope::~InterruptScope() {
  sigaction(SIGINT, &old_int_, nullptr);
  sigaction(SIGTERM, &old_term_, nullptr);
}

const std::atomic<bool>* InterruptScope::flag() const {
  return &interrupted_flag;
}

void end_quietly_on_broken_pipe() {
  struct sigaction action = {};
  action.sa_handler = on_broken_pipe;
  sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace hanok
