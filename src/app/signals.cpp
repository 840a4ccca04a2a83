#include "app/signals.h"

#include <csignal>

#include <poll.h>
#include <unistd.h>

#include "app/report.h"

namespace hanok {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");

void on_interrupt(int) {
  interrupted.store(true);
}

void on_broken_pipe(int) {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  if (poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0) _exit(kExitBrokenPipe);
}

}  // namespace

const std::atomic<bool>* catch_interrupt() {
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return &interrupted;
}

void end_quietly_on_broken_pipe() {
  struct sigaction action = {};
  action.sa_handler = on_broken_pipe;
  sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace hanok
