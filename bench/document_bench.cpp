// Times the reader of documents in this process, and writes the files that bench/documents compares it on with others:
//   document_bench --write FOLDER    100 pages as HWP 5.0 and as text for a writer of HWPX
//   document_bench FILE [TIMES]      least and median milliseconds of reading the file and writing its text and its
//   JSON
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "../tests/documents/hwp_writer.h"
#include "documents/reader.h"
#include "documents/render.h"

namespace {

using namespace hanok;
using namespace hanok::testing;

constexpr int kPages = 100, kParagraphs = 24, kRows = 8, kColumns = 4;  // a table on each page
constexpr uint32_t kLineHeight = 1600;

std::u16string utf16_of(const std::string& text) {
  std::u16string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t n = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : 3;
    char32_t c = n == 1 ? lead : lead & (0x7Fu >> n);
    for (size_t k = 1; k < n; ++k) c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
    out += static_cast<char16_t>(c);
    i += n;
  }
  return out;
}

std::string sentence(int page, int i) {
  return fmt::format(
      "제{}조의{} 국회의원은 회기 {}일째에 본회의에 출석하여 안건을 심의하고 표결하며, 위원회는 그 결과를 {}년 "
      "{}월까지 의장에게 보고한다.",
      page + 1, i + 1, page * 7 + i, 1990 + i, i % 12 + 1);
}

std::string cell_text_of(int page, int row, int column) {
  return fmt::format("{}쪽 {}행 {}열", page + 1, row + 1, column + 1);
}

std::string hwp_of_pages() {
  std::string section;
  for (int page = 0; page < kPages; ++page) {
    for (int i = 0; i < kParagraphs; ++i)
      section +=
          paragraph(0, utf16(utf16_of(sentence(page, i)) + u"\r"), "",
                    {{static_cast<uint32_t>(i) * 2 * kLineHeight}, {static_cast<uint32_t>(2 * i + 1) * kLineHeight}});
    std::string cells;
    for (uint16_t row = 0; row < kRows; ++row)
      for (uint16_t column = 0; column < kColumns; ++column)
        cells += cell(2, {column, row, 1, 1},
                      paragraph(2, utf16(utf16_of(cell_text_of(page, row, column)) + u"\r"), "", {{0}}));
    section += paragraph(0, control_char(11, "tbl ") + utf16(u"\r"), table(1, kRows, kColumns, cells),
                         {{2 * kParagraphs * kLineHeight}});
  }
  return hwp_file({section});
}

std::string markdown_of_pages() {
  std::string out;
  for (int page = 0; page < kPages; ++page) {
    for (int i = 0; i < kParagraphs; ++i) out += sentence(page, i) + "\n\n";
    for (int row = 0; row < kRows; ++row) {
      for (int column = 0; column < kColumns; ++column) out += "| " + cell_text_of(page, row, column) + " ";
      out += "|\n";
      if (row == 0) out += "|---|---|---|---|\n";
    }
    out += "\n";
  }
  return out;
}

int write_files(const std::filesystem::path& folder) {
  std::ofstream(folder / "100pages.hwp", std::ios::binary) << hwp_of_pages();
  std::ofstream(folder / "100pages.md", std::ios::binary) << markdown_of_pages();
  return 0;
}

// Of this process: others on the machine do not count.
double processor_ms() {
  return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

int measure(const std::filesystem::path& file, int n_times) {
  std::vector<double> read_ms, shown_ms;
  for (int i = 0; i < n_times; ++i) {
    const double begin = processor_ms();
    const auto document = read_document(file);
    const double read = processor_ms();
    if (!document) {
      fmt::print(stderr, "{}\n", document.error().to_string());
      return 1;
    }
    const size_t n_bytes = render_json(*document).size();
    const double shown = processor_ms();
    if (n_bytes == 0) return 1;
    read_ms.push_back(read - begin);
    shown_ms.push_back(shown - begin);
    if (i == 0)
      fmt::print("{} bytes of text, {} blocks, {} pages\n", document->text.size(), document->blocks.size(),
                 document->n_pages);
  }
  std::sort(read_ms.begin(), read_ms.end());
  std::sort(shown_ms.begin(), shown_ms.end());
  fmt::print("read: least {:.2f} ms, median {:.2f} ms\n", read_ms.front(), read_ms[read_ms.size() / 2]);
  fmt::print("read and shown as JSON: least {:.2f} ms, median {:.2f} ms\n", shown_ms.front(),
             shown_ms[shown_ms.size() / 2]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--write") return write_files(argv[2]);
  if (argc < 2) return 2;
  return measure(argv[1], argc > 2 ? std::max(1, std::atoi(argv[2])) : 20);
}
