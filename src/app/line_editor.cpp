// Line editing on a terminal by libedit, with keys that move and delete whole characters as people see them: a syllable
// of Hangul is one, whether it is written as one code point or as its letters.
#include <cerrno>
#include <cstdio>
#include <cwchar>

#include <fcntl.h>
#include <histedit.h>
#include <poll.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "app/lines.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "base/utf8.h"
#include "text/unicode.h"

namespace hanok {
namespace {

constexpr int kHistorySize = 1000;

std::string to_utf8(std::wstring_view text) {
  std::string out;
  for (const wchar_t c : text) append_utf8(out, static_cast<char32_t>(c));
  return replace_invalid_utf8(out);
}

std::wstring to_wide(std::string_view text) {
  std::wstring out;
  const std::string valid = replace_invalid_utf8(text);
  for_each_char(valid, [&](char32_t c, std::string_view) { out += static_cast<wchar_t>(c); });
  return out;
}

// Code points of the last character of `text`.
int last_character(std::wstring_view text) {
  const std::string utf8 = to_utf8(text);
  std::string_view rest = utf8;
  size_t n_bytes = 0;
  while (!rest.empty()) rest.remove_prefix(n_bytes = grapheme_length(rest));
  return static_cast<int>(to_wide(std::string_view(utf8).substr(utf8.size() - n_bytes)).size());
}

int first_character(std::wstring_view text) {
  const std::string utf8 = to_utf8(text);
  return static_cast<int>(to_wide(std::string_view(utf8).substr(0, grapheme_length(utf8))).size());
}

// While it lives, keys typed outside of the editor are neither echoed nor edited by the terminal: what is typed during
// an answer waits, byte by byte, for the next line.
class SilentKeys {
 public:
  SilentKeys() {
    is_terminal_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    silent.c_cc[VMIN] = 1;
    silent.c_cc[VTIME] = 0;
    if (is_terminal_) tcsetattr(STDIN_FILENO, TCSADRAIN, &silent);
  }
  ~SilentKeys() {
    if (is_terminal_) tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  SilentKeys(const SilentKeys&) = delete;
  SilentKeys& operator=(const SilentKeys&) = delete;

 private:
  termios before_ = {};
  bool is_terminal_ = false;
};

class LineEditor final : public LineSource {
 public:
  LineEditor(std::filesystem::path history_path, const std::atomic<bool>* stop);
  ~LineEditor() override;
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  Line read(const std::string& prompt) override;
  void remember(const std::string& message) override;

 private:
  using Key = unsigned char (*)(EditLine*, wint_t);
  static LineEditor& of(EditLine* edit) {
    void* self = nullptr;
    el_wget(edit, EL_CLIENTDATA, &self);
    return *static_cast<LineEditor*>(self);
  }
  static std::wstring_view before_cursor(EditLine* edit) {
    const LineInfoW* line = el_wline(edit);
    return {line->buffer, static_cast<size_t>(line->cursor - line->buffer)};
  }
  static std::wstring_view behind_cursor(EditLine* edit) {
    const LineInfoW* line = el_wline(edit);
    return {line->cursor, static_cast<size_t>(line->lastchar - line->cursor)};
  }
  static wchar_t* prompt_of(EditLine* edit) { return of(edit).prompt_.data(); }
  static int read_character(EditLine* edit, wchar_t* character);
  int read_byte(EditLine* edit, unsigned char& byte);

  static unsigned char move_left(EditLine* edit, wint_t);
  static unsigned char move_right(EditLine* edit, wint_t);
  static unsigned char delete_previous(EditLine* edit, wint_t);
  static unsigned char delete_next(EditLine* edit, wint_t);
  static unsigned char delete_next_or_end(EditLine* edit, wint_t);
  static unsigned char interrupt(EditLine* edit, wint_t);
  static unsigned char suspend(EditLine* edit, wint_t);
  static unsigned char paste(EditLine* edit, wint_t);
  void add_keys();
  void bind(const wchar_t* key, const wchar_t* function) { el_wset(edit_, EL_BIND, key, function, nullptr); }
  void announce_pastes(bool on);
  void save_history();

  std::filesystem::path history_path_;
  const std::atomic<bool>* stop_;
  SilentKeys silent_keys_;
  EditLine* edit_;
  HistoryW* history_;
  std::wstring prompt_;
  bool interrupted_ = false;
};

LineEditor::LineEditor(std::filesystem::path history_path, const std::atomic<bool>* stop)
    : history_path_(std::move(history_path)),
      stop_(stop),
      edit_(el_init("hanok", stdin, stdout_is_terminal() ? stdout : stderr, stderr)),
      history_(history_winit()) {
  HistEventW event;
  el_wset(edit_, EL_CLIENTDATA, this);
  el_wset(edit_, EL_EDITOR, L"emacs");
  el_wset(edit_, EL_PROMPT, prompt_of);
  el_wset(edit_, EL_GETCFN, read_character);
  el_wset(edit_, EL_SETTY, L"-d", L"-isig", nullptr);  // while editing, Ctrl-C and Ctrl-Z are keys like others
  el_wset(edit_, EL_SETTY, L"-x", L"-icanon", L"-echo", nullptr);  // between lines as SilentKeys has it
  history_w(history_, &event, H_SETSIZE, kHistorySize);
  history_w(history_, &event, H_SETUNIQUE, 1);
  if (!history_path_.empty()) history_w(history_, &event, H_LOAD, history_path_.c_str());
  el_wset(edit_, EL_HIST, history_w, history_);
  add_keys();
}

LineEditor::~LineEditor() {
  history_wend(history_);
  el_end(edit_);
}

void LineEditor::add_keys() {
  struct {
    const wchar_t* name;
    Key function;
    std::initializer_list<const wchar_t*> keys;
  } const own[] = {{L"hanok-left", move_left, {L"^B", L"\\e[D", L"\\eOD"}},
                   {L"hanok-right", move_right, {L"^F", L"\\e[C", L"\\eOC"}},
                   {L"hanok-delete-previous", delete_previous, {L"^?", L"^H"}},
                   {L"hanok-delete-next", delete_next, {L"\\e[3~"}},
                   {L"hanok-delete-next-or-end", delete_next_or_end, {L"^D"}},
                   {L"hanok-interrupt", interrupt, {L"^C"}},
                   {L"hanok-suspend", suspend, {L"^Z"}},
                   {L"hanok-paste", paste, {L"\\e[200~"}}};
  for (const auto& [name, function, keys] : own) {
    el_wset(edit_, EL_ADDFN, name, L"", function);
    for (const wchar_t* key : keys) bind(key, name);
  }
  bind(L"^R", L"em-inc-search-prev");
  bind(L"^W", L"ed-delete-prev-word");
  bind(L"^U", L"vi-kill-line-prev");
  bind(L"\\e[1;5D", L"ed-prev-word");
  bind(L"\\e[1;5C", L"em-next-word");
  bind(L"\\e[H", L"ed-move-to-beg");
  bind(L"\\e[F", L"ed-move-to-end");
}

// 1 with the byte, 0 at the end of the input or when a signal asked to stop.
int LineEditor::read_byte(EditLine* edit, unsigned char& byte) {
  for (;;) {
    if (stop_ != nullptr && stop_->load()) return 0;
    if (window_was_resized()) el_resize(edit);
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, 1, -1) < 0) {
      if (errno == EINTR) continue;
      return 0;
    }
    const ssize_t n = ::read(STDIN_FILENO, &byte, 1);
    if (n == 1) return 1;
    if (n == 0 || (errno != EINTR && errno != EAGAIN)) return 0;
  }
}

// Bytes that make no character are left out, and nothing else with them: what follows a cut one is read anew.
int LineEditor::read_character(EditLine* edit, wchar_t* character) {
  LineEditor& self = of(edit);
  for (std::string bytes;;) {
    unsigned char byte = 0;
    if (self.read_byte(edit, byte) == 0) return 0;
    if (!bytes.empty() && (byte & 0xC0) != 0x80) bytes.clear();  // the character before was cut
    bytes += static_cast<char>(byte);
    const bool is_lead = byte < 0x80 || (byte >= 0xC2 && byte <= 0xF4);
    if (bytes.size() == 1 && !is_lead) bytes.clear();
    if (bytes.empty() || bytes.size() < char_bytes(bytes[0])) continue;
    if (utf8_char_length(bytes) == bytes.size()) {
      *character = static_cast<wchar_t>(utf8_code_point(bytes));
      return 1;
    }
    bytes.clear();
  }
}

unsigned char LineEditor::move_left(EditLine* edit, wint_t) {
  const std::wstring_view before = before_cursor(edit);
  if (before.empty()) return CC_ERROR;
  el_cursor(edit, -last_character(before));
  return CC_CURSOR;
}

unsigned char LineEditor::move_right(EditLine* edit, wint_t) {
  const std::wstring_view behind = behind_cursor(edit);
  if (behind.empty()) return CC_ERROR;
  el_cursor(edit, first_character(behind));
  return CC_CURSOR;
}

unsigned char LineEditor::delete_previous(EditLine* edit, wint_t) {
  const std::wstring_view before = before_cursor(edit);
  if (before.empty()) return CC_ERROR;
  el_wdeletestr(edit, last_character(before));
  return CC_REFRESH;
}

unsigned char LineEditor::delete_next(EditLine* edit, wint_t) {
  const std::wstring_view behind = behind_cursor(edit);
  if (behind.empty()) return CC_ERROR;
  const int n = first_character(behind);
  el_cursor(edit, n);
  el_wdeletestr(edit, n);
  return CC_REFRESH;
}

unsigned char LineEditor::delete_next_or_end(EditLine* edit, wint_t key) {
  if (before_cursor(edit).empty() && behind_cursor(edit).empty()) return CC_EOF;
  return delete_next(edit, key);
}

unsigned char LineEditor::interrupt(EditLine* edit, wint_t) {
  of(edit).interrupted_ = true;
  return CC_NEWLINE;
}

unsigned char LineEditor::suspend(EditLine* edit, wint_t) {
  el_set(edit, EL_PREP_TERM, 0);
  ::raise(SIGTSTP);
  el_set(edit, EL_PREP_TERM, 1);
  return CC_REDISPLAY;
}

// Text that the terminal marks as pasted is taken in as it is, line ends included, up to ESC [ 2 0 1 ~.
unsigned char LineEditor::paste(EditLine* edit, wint_t) {
  constexpr std::wstring_view kEnd = L"\033[201~";
  std::wstring text;
  wchar_t c = 0;
  while (!text.ends_with(kEnd) && el_wgetc(edit, &c) == 1) text += c == L'\r' ? L'\n' : c;
  if (text.ends_with(kEnd)) text.erase(text.size() - kEnd.size());
  while (text.ends_with(L'\n')) text.pop_back();
  std::erase_if(text, [](wchar_t x) { return (x < 0x20 && x != L'\n' && x != L'\t') || x == 0x7F; });
  if (text.empty()) return CC_NORM;
  return el_winsertstr(edit, text.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
}

void LineEditor::announce_pastes(bool on) {
  if (!wants_colour(STDOUT_FILENO)) return;
  std::fputs(on ? "\x1b[?2004h" : "\x1b[?2004l", stdout);
  std::fflush(stdout);
}

Line LineEditor::read(const std::string& prompt) {
  const ResizeScope resize;
  prompt_ = to_wide(prompt);
  interrupted_ = false;
  announce_pastes(true);
  int n_characters = 0;
  const wchar_t* text = el_wgets(edit_, &n_characters);
  announce_pastes(false);
  if (interrupted_) return {Line::Kind::kInterrupted, ""};
  if (text == nullptr || n_characters <= 0) {
    std::fputs("\n", stderr);
    return {Line::Kind::kEnd, ""};
  }
  std::string line = to_utf8({text, static_cast<size_t>(n_characters)});
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  return {Line::Kind::kText, std::move(line)};
}

void LineEditor::remember(const std::string& message) {
  HistEventW event;
  history_w(history_, &event, H_ENTER, to_wide(message).c_str());
  save_history();
}

// Written aside and renamed. A history that cannot be kept is no reason to disturb a chat.
void LineEditor::save_history() {
  if (history_path_.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(history_path_.parent_path(), ignored);
  const std::string aside = history_path_.string() + "." + std::to_string(::getpid()) + ".new";
  const int descriptor = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  std::FILE* file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "w");
  if (file == nullptr) return;
  HistEventW event;
  const bool is_written = history_w(history_, &event, H_SAVE_FP, file) >= 0;
  const bool is_whole = std::fclose(file) == 0 && is_written;
  if (is_whole) std::filesystem::rename(aside, history_path_, ignored);
  if (!is_whole || ignored) ::unlink(aside.c_str());
}

}  // namespace

std::unique_ptr<LineSource> open_line_editor(const std::filesystem::path& history, const std::atomic<bool>* stop) {
  return std::make_unique<LineEditor>(history, stop);
}

}  // namespace hanok
