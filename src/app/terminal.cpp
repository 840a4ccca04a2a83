#include "app/terminal.h"

#include <algorithm>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/check.h"
#include "base/utf8.h"

namespace hanok {
namespace {

// Bytes and columns of the character the text begins with; a broken byte counts as one column.
struct Step {
  size_t n_bytes, n_columns;
};
Step first_character(std::string_view text) {
  const size_t n_bytes = utf8_char_length(text);
  if (n_bytes == 0) return {1, 1};
  const auto code_point = static_cast<utf8proc_int32_t>(utf8_code_point(text));
  // Vowels and final consonants of decomposed Hangul join the syllable before them.
  const bool joins = code_point >= 0x1160 && code_point <= 0x11FF;
  return {n_bytes, joins ? 0 : static_cast<size_t>(std::max(0, utf8proc_charwidth(code_point)))};
}

}  // namespace

size_t display_width(std::string_view text) {
  size_t n_columns = 0;
  while (!text.empty()) {
    const Step step = first_character(text);
    n_columns += step.n_columns;
    text.remove_prefix(step.n_bytes);
  }
  return n_columns;
}

std::string_view display_prefix(std::string_view text, size_t n_columns) {
  size_t n_bytes = 0, n_taken = 0;
  while (n_bytes < text.size()) {
    const Step step = first_character(text.substr(n_bytes));
    if (n_taken + step.n_columns > n_columns) break;
    n_taken += step.n_columns;
    n_bytes += step.n_bytes;
  }
  return text.substr(0, n_bytes);
}

std::string pad(std::string_view text, size_t n_columns, bool right_aligned) {
  const size_t width = display_width(text);
  const std::string space(n_columns - std::min(n_columns, width), ' ');
  return right_aligned ? space + std::string(text) : std::string(text) + space;
}

std::vector<std::string> wrap(std::string_view text, size_t n_columns) {
  std::vector<std::string> lines(1);
  size_t width = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    const size_t word_width = display_width(word);
    if (width > 0 && width + 1 + word_width > n_columns) {
      lines.emplace_back();
      width = 0;
    }
    if (width > 0) lines.back() += ' ', ++width;
    lines.back() += word;
    width += word_width;
    if (end == text.size()) break;
    if (text[end] == '\n') {
      lines.emplace_back();
      width = 0;
    }
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string printable(std::string_view text) {
  std::string lines = printable_lines(text);
  std::replace_if(
      lines.begin(), lines.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return lines;
}

std::string printable_lines(std::string_view text) {
  const std::string valid = replace_invalid_utf8(text);
  std::string out;
  std::string_view rest = valid;
  while (!rest.empty()) {
    const size_t n_bytes = utf8_char_length(rest);
    const char32_t c = utf8_code_point(rest);
    if (c == '\r') {
      out += ' ';
    } else if (c == '\n' || c == '\t') {
      out += static_cast<char>(c);
    } else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
      append_utf8(out, 0xFFFD);
    } else {
      out += rest.substr(0, n_bytes);
    }
    rest.remove_prefix(n_bytes);
  }
  return out;
}

bool stdin_is_terminal() {
  return isatty(STDIN_FILENO) != 0;
}
bool stdout_is_terminal() {
  return isatty(STDOUT_FILENO) != 0;
}
bool stderr_is_terminal() {
  return isatty(STDERR_FILENO) != 0;
}

bool wants_colour(int descriptor) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  return isatty(descriptor) != 0 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

size_t terminal_columns(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string Table::to_string(size_t n_columns) const {
  std::vector<size_t> widths;
  for (const Column& column : columns_) widths.push_back(display_width(column.title));
  for (const auto& row : rows_) {
    HANOK_CHECK(row.size() == columns_.size(), "a table row has as many cells as there are columns");
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  const auto add_row = [&](const auto& cell) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i)
      line += (i == 0 ? "" : "  ") + pad(cell(i), widths[i], columns_[i].right_aligned);
    line.erase(line.find_last_not_of(' ') + 1);
    if (display_width(line) > n_columns) line = std::string(display_prefix(line, n_columns - 1)) + "…";
    out += line + "\n";
  };
  add_row([&](size_t i) { return columns_[i].title; });
  for (const auto& row : rows_) add_row([&](size_t i) { return row[i]; });
  return out;
}

}  // namespace hanok
