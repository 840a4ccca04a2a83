// Where the lines of a chat come from: a terminal with editing and history, or a pipe.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

namespace hanok {

struct Line {
  enum class Kind { kText, kInterrupted, kEnd };
  Kind kind = Kind::kText;
  std::string text;  // without the line end; pasted text may hold line ends of its own
};

class LineSource {
 public:
  virtual ~LineSource() = default;
  virtual Line read(const std::string& prompt) = 0;
  // What was read as one message, offered again by the arrow keys.
  virtual void remember(const std::string& message) = 0;
};

// Lines of the terminal, edited by whole syllables. history: a file that keeps what was typed; empty: none. Ctrl-C
// gives kInterrupted; Ctrl-D on an empty line, and *stop set by a signal, give kEnd.
std::unique_ptr<LineSource> open_line_editor(const std::filesystem::path& history, const std::atomic<bool>* stop);
// Lines of standard input as they stand.
std::unique_ptr<LineSource> open_plain_lines();

// $XDG_STATE_HOME/hanok/history; empty where there is no home.
std::filesystem::path history_path();

// One message of one or several lines: a line that ends in a backslash goes on, and so does everything between """ and
// """.
Line read_message(LineSource& lines);

}  // namespace hanok
