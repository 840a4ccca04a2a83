#include "app/password.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "app/input.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/descriptor.h"

namespace hanok {
namespace {

constexpr uint64_t kMaxPasswordBytes = 4096;

// While it lives, keys come one by one and are not shown; Ctrl-C is a key like others, so that nothing can end the
// program before the terminal is as it was.
class SecretKeys {
 public:
  explicit SecretKeys(int terminal) : terminal_(terminal) {
    tcgetattr(terminal, &before_);
    termios secret = before_;
    secret.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    secret.c_cc[VMIN] = 1;
    secret.c_cc[VTIME] = 0;
    tcsetattr(terminal, TCSAFLUSH, &secret);
  }
  ~SecretKeys() { tcsetattr(terminal_, TCSAFLUSH, &before_); }
  SecretKeys(const SecretKeys&) = delete;
  SecretKeys& operator=(const SecretKeys&) = delete;

 private:
  int terminal_;
  termios before_{};
};

void say(int terminal, const std::string& text) {
  (void)!::write(terminal, text.data(), text.size());
}

// Takes the last character away, whatever bytes it has.
void rub_out(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

Result<std::string> read_keys(int terminal) {
  constexpr char kCtrlC = 3, kCtrlD = 4, kCtrlU = 21, kBackspace = 8, kDelete = 127;
  std::string text;
  for (;;) {
    char key = 0;
    const ssize_t n = ::read(terminal, &key, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || key == kCtrlC || (key == kCtrlD && text.empty()))
      return fail(ErrorKind::kInterrupted, in_language("멈췄습니다", "stopped"));
    if (key == '\n' || key == '\r') return text;
    if (key == kCtrlU)
      text.clear();
    else if (key == kBackspace || key == kDelete)
      rub_out(text);
    else if (text.size() < kMaxPasswordBytes)
      text += key;
  }
}

Descriptor open_terminal() {
  return Descriptor(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

bool can_ask_password() {
  return stdin_is_terminal() && open_terminal().get() >= 0;
}

Result<std::string> ask_password(const std::string& question) {
  const Descriptor terminal = open_terminal();
  if (terminal.get() < 0)
    return fail(ErrorKind::kIo, in_language("물어볼 터미널이 없습니다", "there is no terminal to ask at"), {}, {},
                std::strerror(errno));
  const SecretKeys secret(terminal.get());
  say(terminal.get(), question);
  auto text = read_keys(terminal.get());
  say(terminal.get(), "\n");
  return text;
}

Result<std::string> read_password_file(const std::filesystem::path& path) {
  HANOK_TRY(std::string text, read_text(path, kMaxPasswordBytes));
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  if (text.empty())
    return fail(ErrorKind::kInvalidInput, in_language("암호가 없습니다", "there is no password"), path.string(),
                in_language("첫 줄에 암호", "a password on the first line"));
  return text;
}

Result<std::optional<std::string>> document_password(const std::string& password_file) {
  if (!password_file.empty()) {
    HANOK_TRY(std::string password, read_password_file(password_file));
    return std::optional<std::string>(std::move(password));
  }
  const char* set = std::getenv("HANOK_DOCUMENT_PASSWORD");
  return set != nullptr && set[0] != '\0' ? std::optional<std::string>(set) : std::nullopt;
}

}  // namespace hanok
