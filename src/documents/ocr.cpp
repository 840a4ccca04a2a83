#include "documents/ocr.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/child_process.h"
#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/page_layout.h"

namespace hanok {
namespace {

constexpr uint64_t kMemoryBytes = uint64_t{4} << 30;
constexpr uint64_t kProcessorSeconds = 600;  // on all its threads
constexpr auto kTime = std::chrono::minutes(5);
constexpr uint64_t kMaxOutputBytes = uint64_t{16} << 20;

ChildCommand tesseract(std::vector<std::string> arguments) {
  ChildCommand command;
  command.arguments = std::move(arguments);
  command.arguments.insert(command.arguments.begin(), find_program("tesseract"));
  command.limits = {kMemoryBytes, kProcessorSeconds, kMaxOutputBytes};
  return command;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// One row of the table that is a word.
struct TsvWord {
  int block = 0, paragraph = 0, line = 0;
  double left = 0, top = 0, width = 0, height = 0;
  std::string text;
};

bool read_row(std::string_view row, TsvWord& word) {
  enum Column { kLevel, kPage, kBlock, kParagraph, kLine, kWord, kLeft, kTop, kWidth, kHeight, kConfidence, kText };
  constexpr int kWordLevel = 5;
  const std::vector<std::string_view> cells = split(row, '\t');
  if (cells.size() <= kText) return false;
  std::array<int, kConfidence> numbers{};
  for (size_t i = 0; i < numbers.size(); ++i)
    std::from_chars(cells[i].data(), cells[i].data() + cells[i].size(), numbers[i]);
  word = {numbers[kBlock],          numbers[kParagraph],
          numbers[kLine],           double(numbers[kLeft]),
          double(numbers[kTop]),    double(numbers[kWidth]),
          double(numbers[kHeight]), std::string(trim(cleaned_text(cells[kText])))};
  return numbers[kLevel] == kWordLevel && !word.text.empty();
}

}  // namespace

Result<std::string> missing_ocr_packages(const std::atomic<bool>* cancel) {
  if (find_program("tesseract").empty()) return "tesseract-ocr tesseract-ocr-kor";
  HANOK_TRY(const ChildOutput languages, run_child(tesseract({"--list-langs"}), {kTime, kMaxOutputBytes, cancel}));
  const bool has_korean = ("\n" + languages.out + languages.err).find("\nkor\n") != std::string::npos;
  return has_korean ? "" : "tesseract-ocr-kor";
}

std::vector<std::string> paragraphs_of_tsv(std::string_view tsv) {
  std::vector<std::string> out;
  std::vector<LayoutLine> lines;
  TsvWord word, last;
  const auto finish = [&] {
    if (std::string text = text_of_lines(lines); !text.empty()) out.push_back(std::move(text));
    lines.clear();
  };
  for (const std::string_view row : split(tsv, '\n')) {
    if (!read_row(row, word)) continue;
    const bool is_same = word.block == last.block && word.paragraph == last.paragraph;
    if (!is_same) finish();
    if (lines.empty() || !is_same || word.line != last.line) lines.emplace_back();
    LayoutLine& line = lines.back();
    if (line.words.empty()) line.top = word.top;
    line.bottom = std::max(line.bottom, word.top + word.height);
    line.words.push_back({word.text, word.left, word.left + word.width});
    last = word;
  }
  finish();
  return out;
}

Result<std::vector<std::string>> recognise_page(std::string_view picture, int dots_per_inch,
                                                const std::atomic<bool>* cancel, const std::string& where) {
  // The search for columns finds nothing on a page with few words: such a page is taken as one block.
  constexpr const char *kColumns = "3", *kOneBlock = "6";
  HANOK_TRY(const Descriptor file, nameless_file(picture));
  std::vector<std::string> paragraphs;
  for (const char* segmentation : {kColumns, kOneBlock}) {
    ChildCommand command = tesseract({kChildFile, "stdout", "-l", "kor+eng", "--dpi", fmt::format("{}", dots_per_inch),
                                      "--psm", segmentation, "tsv"});
    command.file = file.get();
    HANOK_TRY(const ChildOutput output, run_child(std::move(command), {kTime, kMaxOutputBytes, cancel}));
    if (output.exit_status != 0) {
      return fail(ErrorKind::kCorruptFile,
                  in_language("tesseract가 쪽을 읽지 못했습니다", "tesseract could not read a page"), where, "",
                  std::string(trim(output.err)));
    }
    paragraphs = paragraphs_of_tsv(output.out);
    if (!paragraphs.empty()) break;
  }
  return paragraphs;
}

}  // namespace hanok
