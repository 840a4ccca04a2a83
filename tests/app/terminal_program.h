// The program on a terminal of its own: keys in, screen out.
#pragma once

#include <chrono>

#include <pty.h>

#include "app/program.h"

namespace hanok::testing {

class TerminalProgram {
 public:
  TerminalProgram(const std::vector<std::string>& arguments, const Environment& env, unsigned short n_columns = 100) {
    winsize size{};
    size.ws_row = 30;
    size.ws_col = n_columns;
    child_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (child_ == 0) become_program(arguments, env);
  }
  ~TerminalProgram() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    ::close(terminal_);
  }
  TerminalProgram(const TerminalProgram&) = delete;
  TerminalProgram& operator=(const TerminalProgram&) = delete;

  void type(const std::string& keys) const {
    ASSERT_EQ(::write(terminal_, keys.data(), keys.size()), ssize_t(keys.size()));
  }

  // Waits until the screen has shown `text` after what was waited for before; false when the program ended or minutes
  // have passed.
  bool wait_for(const std::string& text) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(4);
    for (;;) {
      const size_t at = screen_.find(text, seen_);
      if (at != std::string::npos) {
        seen_ = at + text.size();
        return true;
      }
      if (std::chrono::steady_clock::now() > give_up || !read_some()) return false;
    }
  }
  // Waits for the editor, which says that it wants pastes marked just before it shows its prompt.
  bool wait_for_prompt() { return wait_for("\x1b[?2004h"); }
  // Types a line once the editor is there.
  bool enter(const std::string& line) {
    if (!wait_for_prompt()) return false;
    type(line + "\r");
    return true;
  }
  // Waits for the end of the program.
  int exit_code() {
    while (read_some()) continue;
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return exit_code_of_status(status);
  }
  pid_t child() const { return child_; }
  // Whether the terminal echoes, edits lines and knows Ctrl-C.
  tcflag_t local_modes() const {
    termios modes{};
    ::tcgetattr(terminal_, &modes);
    return modes.c_lflag & (ECHO | ICANON | ISIG);
  }
  const std::string& screen() const { return screen_; }

 private:
  bool read_some() {
    char buffer[4096];
    pollfd output{terminal_, POLLIN, 0};
    if (::poll(&output, 1, 1000) == 0) return true;
    const ssize_t n = ::read(terminal_, buffer, sizeof buffer);
    if (n <= 0) return false;
    screen_.append(buffer, static_cast<size_t>(n));
    return true;
  }

  int terminal_ = -1;
  pid_t child_ = -1;
  std::string screen_;
  size_t seen_ = 0;
};

}  // namespace hanok::testing
