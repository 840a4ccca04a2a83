#include "documents/pdf_images.h"

#include <algorithm>
#include <charconv>

namespace hanok {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return words;
    const size_t end = std::min(line.find(' ', begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

double number(std::string_view word) {
  double value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

}  // namespace

std::vector<double> pictured_area(std::string_view list, size_t n_pages) {
  constexpr size_t kMinWords = 14;  // page, number, type, width, height, …, x-ppi, y-ppi, size, ratio
  std::vector<double> area(n_pages, 0.0);
  while (!list.empty()) {
    const size_t end = std::min(list.find('\n'), list.size());
    const std::vector<std::string_view> words = words_of(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (words.size() < kMinWords || (words[2] != "image" && words[2] != "stencil")) continue;
    const double page = number(words[0]), x_ppi = number(words[words.size() - 4]),
                 y_ppi = number(words[words.size() - 3]);
    if (page < 1 || page > static_cast<double>(n_pages) || x_ppi <= 0 || y_ppi <= 0) continue;
    area[static_cast<size_t>(page) - 1] += number(words[3]) / x_ppi * number(words[4]) / y_ppi;
  }
  return area;
}

}  // namespace hanok
