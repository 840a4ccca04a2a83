#include "app/attachment.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "app/report.h"
#include "app/text_file.h"
#include "text/unicode.h"

namespace hanok {
namespace {

constexpr std::string_view kSpace = " \t\n";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

bool holds_hangul(std::string_view text) {
  bool found = false;
  for_each_char(text, [&](char32_t c, std::string_view) {
    found = found || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x1100 && c <= 0x11FF);
  });
  return found;
}

}  // namespace

Result<Attachment> read_attachment(const std::string& path) {
  HANOK_TRY(std::string text, read_text_file(path));
  if (trimmed(text).empty())
    return fail(ErrorKind::kInvalidInput, in_language("파일에 글이 없습니다", "the file holds no text"), path);
  const std::string name = std::filesystem::path(path).filename().string();
  return Attachment{path == "-" ? in_language("표준 입력", "standard input") : name, std::move(text)};
}

std::vector<std::string> paragraphs_of(const std::string& text) {
  const std::string_view whole = trimmed(text);
  const std::vector<std::string_view> lines = lines_of(whole);
  bool has_blank = false;
  for (const std::string_view line : lines) has_blank = has_blank || trimmed(line).empty();
  std::vector<std::string> paragraphs;
  bool inside = false;
  for (const std::string_view line : lines) {
    const bool is_blank = trimmed(line).empty();
    if (!is_blank && inside && has_blank) {
      paragraphs.back() += "\n" + std::string(line);
    } else if (!is_blank) {
      paragraphs.emplace_back(line);
    }
    inside = !is_blank;
  }
  return paragraphs;
}

std::string numbered(std::span<const Attachment> files) {
  std::string out;
  int n_paragraphs = 0;
  for (const Attachment& file : files) {
    if (files.size() > 1) out += fmt::format("<{}>\n\n", file.name);
    for (const std::string& paragraph : paragraphs_of(file.text))
      out += fmt::format("[{}] {}\n\n", ++n_paragraphs, paragraph);
  }
  return out;
}

std::string instructions_about(std::span<const Attachment> files) {
  const bool is_korean =
      std::any_of(files.begin(), files.end(), [](const Attachment& f) { return holds_hangul(f.text); });
  return (is_korean ? "다음은 번호를 붙인 문서입니다.\n\n" : "The numbered text:\n\n") + numbered(files) +
         (is_korean ? "위 문서를 읽고 사용자의 질문에 한국어로 답하세요. 문서에 없는 내용은 문서에 없다고 답하세요."
                    : "Answer the user's questions from the text above. Say so when it does not hold the answer.");
}

}  // namespace hanok
