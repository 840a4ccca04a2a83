// What text takes on a terminal: columns per character, wrapping, tables; and whether one is there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hanok {

// Columns the text takes: Hangul, Hanja and most emoji two, combining marks none.
size_t display_width(std::string_view text);
// The longest beginning that takes at most n_columns, on whole characters.
std::string_view display_prefix(std::string_view text, size_t n_columns);
// The text with spaces behind (or, right-aligned, before) it up to n_columns.
std::string pad(std::string_view text, size_t n_columns, bool right_aligned = false);
// Words in lines of at most n_columns; a longer word has a line of its own. Line ends in the text are kept.
std::vector<std::string> wrap(std::string_view text, size_t n_columns);
// Control characters, which could steer the terminal, as U+FFFD, and broken UTF-8 too; line ends and tabs as spaces.
std::string printable(std::string_view text);
// The same, but line ends and tabs stay.
std::string printable_lines(std::string_view text);

bool stdin_is_terminal();
bool stdout_is_terminal();
bool stderr_is_terminal();
// Whether escape sequences for colour are welcome there: no NO_COLOR, no dumb terminal.
bool wants_colour(int descriptor);
// Columns of the terminal behind the descriptor; 80 where there is none.
size_t terminal_columns(int descriptor);

// Rows of cells in aligned columns, two spaces apart.
class Table {
 public:
  struct Column {
    std::string title;
    bool right_aligned = false;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // As many cells as there are columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // Lines longer than n_columns end in "…".
  std::string to_string(size_t n_columns = std::string::npos) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace hanok
