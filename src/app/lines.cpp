#include "app/lines.h"

#include <array>
#include <string_view>

#include <unistd.h>

#include "app/input.h"
#include "base/disk.h"

namespace hanok {
namespace {

constexpr const char* kPrompt = "> ";
constexpr const char* kContinued = "| ";
constexpr std::string_view kQuotes = "\"\"\"";

class PlainLines final : public LineSource {
 public:
  Line read(const std::string&) override {
    size_t seen = 0, end;
    while ((end = read_.find('\n', seen)) == std::string::npos) {
      seen = read_.size();
      if (!read_more()) break;
    }
    if (read_.empty()) return {Line::Kind::kEnd, ""};
    std::string text = read_.substr(0, end);
    read_.erase(0, end == std::string::npos ? end : end + 1);
    if (text.ends_with('\r')) text.pop_back();
    return {Line::Kind::kText, std::move(text)};
  }
  void remember(const std::string&) override {}

 private:
  bool read_more() {
    std::array<char, 4096> bytes;
    const ssize_t n = read_some(STDIN_FILENO, bytes);
    if (n > 0) read_.append(bytes.data(), static_cast<size_t>(n));
    return n > 0;
  }

  std::string read_;  // and not given out yet
};

// The lines after an opening """ up to the closing one. `first` stands behind the opening quotes.
Line read_quoted(LineSource& lines, std::string first) {
  Line message{Line::Kind::kText, std::move(first)};
  while (!message.text.ends_with(kQuotes)) {
    const Line next = lines.read(kContinued);
    if (next.kind != Line::Kind::kText) return next;
    if (!message.text.empty()) message.text += '\n';
    message.text += next.text;
  }
  message.text.erase(message.text.size() - kQuotes.size());
  if (message.text.ends_with('\n')) message.text.pop_back();
  return message;
}

}  // namespace

std::unique_ptr<LineSource> open_plain_lines() {
  return std::make_unique<PlainLines>();
}

std::filesystem::path history_path() {
  const auto folder = xdg_folder("XDG_STATE_HOME", ".local/state");
  return folder ? *folder / "hanok" / "history" : std::filesystem::path();
}

Line read_message(LineSource& lines) {
  Line message = lines.read(kPrompt);
  if (message.kind == Line::Kind::kText && message.text.starts_with(kQuotes)) {
    message = read_quoted(lines, message.text.substr(kQuotes.size()));
  }
  while (message.kind == Line::Kind::kText && message.text.ends_with('\\')) {
    message.text.back() = '\n';
    const Line next = lines.read(kContinued);
    if (next.kind != Line::Kind::kText) return next;
    message.text += next.text;
  }
  if (message.kind == Line::Kind::kText && message.text.find_first_not_of(" \t\n") != std::string::npos)
    lines.remember(message.text);
  return message;
}

}  // namespace hanok
