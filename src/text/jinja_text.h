// Python's text methods on UTF-8: positions and lengths count code points.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hanok::jinja {

// Byte offsets of each code point, and the end: count + 1 entries. A byte that is not UTF-8 counts as one.
std::vector<size_t> code_point_offsets(std::string_view text);
int64_t count_code_points(std::string_view text);
// The code point at byte `at`, which is moved past it. A byte that is not UTF-8 gives 0xDC00 + byte.
uint32_t next_code_point(std::string_view text, size_t& at);
void append_code_point(std::string& out, uint32_t code_point);

bool is_space(uint32_t code_point);
bool is_printable(uint32_t code_point);
bool is_letter(uint32_t code_point);
bool is_decimal(uint32_t code_point);  // a digit of any script
bool is_numeric(uint32_t code_point);

enum class Side { kBoth, kLeft, kRight };
// str.strip / lstrip / rstrip; without `characters`, white space.
std::string_view strip(std::string_view text, Side side, const std::string_view* characters = nullptr);
std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string swap_case(std::string_view text);
enum class Case { kUpper, kLower };
// str.isupper and islower: some letter has this case and none the other.
bool has_only_case(std::string_view text, Case wanted);
std::string capitalize(std::string_view text);
// str.title(): letters that follow a letter are lowered.
std::string title(std::string_view text);
// The `title` filter: words begin after white space and brackets, - ( { [ <.
std::string title_words(std::string_view text);
// str.split(None, max) and str.split(separator, max); max < 0 means all. The separator is not empty.
std::vector<std::string_view> split_space(std::string_view text, int64_t max);
std::vector<std::string_view> split(std::string_view text, std::string_view separator, int64_t max);
std::vector<std::string_view> split_lines(std::string_view text);
// str.replace(from, to, max).
std::string replace(std::string_view text, std::string_view from, std::string_view to, int64_t max);
std::string escape_html(std::string_view text);

}  // namespace hanok::jinja
