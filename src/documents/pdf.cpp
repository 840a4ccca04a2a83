#include "documents/pdf.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/child_process.h"
#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/limits.h"
#include "documents/ocr.h"
#include "documents/page_layout.h"
#include "documents/passwords.h"
#include "documents/pdf_images.h"
#include "documents/pdf_layout.h"

namespace hanok {
namespace {

constexpr uint64_t kMemoryBytes = uint64_t{4} << 30;
constexpr uint64_t kProcessorSeconds = 300;
constexpr auto kTime = std::chrono::minutes(10);
constexpr uint64_t kMaxPictureBytes = uint64_t{128} << 20;
constexpr size_t kMaxPasswordBytes = 32;  // poppler's programs cut off what is longer
constexpr std::string_view kWrongPassword = "Incorrect password";
constexpr size_t kFewCharacters = 20;  // a page with fewer may be a picture with a stamp or a number on it
constexpr double kPictureShare = 0.5;  // of the page, that a scan covers at least
constexpr int kDotsPerInch = 300;
constexpr double kMaxPictureSide = 6000;  // pixels

class PdfReader {
 public:
  PdfReader(const std::string& where, const ReadOptions& options) : where_(where), options_(options) {}
  Result<ReadDocument> read(std::string_view bytes);

 private:
  Result<ChildOutput> run(const char* program, std::vector<std::string> arguments, uint64_t max_bytes) const;
  Result<PdfText> read_text();
  tl::unexpected<Error> why_not_opened(const ChildOutput& output) const;
  Result<std::vector<size_t>> pages_to_recognise(const PdfText& text);
  Status recognise(PdfText& text, const std::vector<size_t>& pages);
  Result<std::vector<std::string>> recognise_page(const PdfPage& page, size_t page_idx) const;
  tl::unexpected<Error> is_scanned(size_t n_pages, const std::string& packages) const;
  ReadDocument document_of(PdfText text);
  void warn(std::string text) { warnings_.push_back(std::move(text)); }

  const std::string& where_;
  const ReadOptions& options_;
  Descriptor file_;
  bool uses_password_ = false;
  std::vector<std::string> warnings_;
};

std::string text_of(const PdfPage& page) {
  return std::accumulate(page.paragraphs.begin(), page.paragraphs.end(), std::string(),
                         [](std::string all, const std::string& each) { return std::move(all) + each + "\n"; });
}

// "3, 5-8".
std::string page_list(const std::vector<size_t>& pages) {
  std::string out;
  for (size_t i = 0; i < pages.size();) {
    size_t end = i + 1;
    while (end < pages.size() && pages[end] == pages[end - 1] + 1) ++end;
    out += fmt::format("{}{}", out.empty() ? "" : ", ", pages[i] + 1);
    if (end > i + 1) out += fmt::format("-{}", pages[end - 1] + 1);
    i = end;
  }
  return out;
}

std::string last_line(std::string_view text) {
  text = trim(text);
  const size_t newline = text.rfind('\n');
  return cleaned_text(newline == std::string_view::npos ? text : text.substr(newline + 1));
}

bool has_text(const PdfText& text) {
  return std::any_of(text.pages.begin(), text.pages.end(),
                     [](const PdfPage& page) { return n_visible_characters(text_of(page)) > 0; });
}

// What was recognised, where it says more than the page's own text; whether it does.
bool take_recognised(std::vector<std::string> paragraphs, PdfPage& page) {
  const std::string own = text_of(page);
  PdfPage recognised{page.width, page.height, std::move(paragraphs)};
  if (n_visible_characters(text_of(recognised)) <= (is_garbled(own) ? 0 : n_visible_characters(own))) return false;
  page = std::move(recognised);
  return true;
}

Result<ReadDocument> PdfReader::read(std::string_view bytes) {
  if (options_.password && options_.password->size() > kMaxPasswordBytes) {
    return fail(ErrorKind::kUnsupported, in_language("PDF의 암호가 너무 깁니다", "the PDF's password is too long"),
                where_, fmt::format(fmt::runtime(in_language("최대 {}바이트", "at most {} bytes")), kMaxPasswordBytes));
  }
  HANOK_TRY(file_, nameless_file(bytes));
  HANOK_TRY(PdfText text, read_text());
  HANOK_TRY(const std::vector<size_t> pages, pages_to_recognise(text));
  HANOK_RETURN_IF_ERROR(recognise(text, pages));
  return document_of(std::move(text));
}

Result<ChildOutput> PdfReader::run(const char* program, std::vector<std::string> arguments, uint64_t max_bytes) const {
  ChildCommand command;
  command.arguments = {find_program(program)};
  if (command.arguments[0].empty()) {
    return fail(ErrorKind::kNotFound,
                in_language("PDF를 읽는 프로그램이 없습니다", "the program that reads PDF is missing"), where_, program,
                in_language("없음", "none"),
                in_language("데비안: apt-get install poppler-utils", "Debian: apt-get install poppler-utils"));
  }
  if (uses_password_)
    for (const char* option : {"-opw", "-upw"}) {
      command.arguments.emplace_back(option);
      command.arguments.push_back(*options_.password);
    }
  std::move(arguments.begin(), arguments.end(), std::back_inserter(command.arguments));
  command.file = file_.get();
  command.limits = {kMemoryBytes, kProcessorSeconds, kMaxPartBytes};
  auto output = run_child(std::move(command), {kTime, max_bytes, options_.cancel});
  if (!output) return tl::unexpected(output.error().in(where_));
  return output;
}

Result<PdfText> PdfReader::read_text() {
  const auto run_it = [&] {
    return run("pdftotext", {"-enc", "UTF-8", "-bbox-layout", "--", kChildFile, "-"}, kMaxPartBytes);
  };
  HANOK_TRY(ChildOutput output, run_it());
  // A password is tried where one is asked for: a document that needs none would not open with it.
  uses_password_ = options_.password && output.err.find(kWrongPassword) != std::string::npos;
  if (uses_password_) {
    HANOK_TRY(output, run_it());
  }
  if (output.exit_status != 0) return why_not_opened(output);
  HANOK_TRY(PdfText text, read_pdf_layout(output.out, where_ + ": pdftotext"));
  if (text.pages.empty())
    return fail(ErrorKind::kCorruptFile, in_language("PDF에 쪽이 없습니다", "the PDF has no pages"), where_, "",
                last_line(output.err));
  if (output.err.find("Missing language pack") != std::string::npos)
    warn(in_language("글꼴의 글자표가 없어 빠진 글이 있습니다(데비안: apt-get install poppler-data)",
                     "text is missing for want of a font's character map (Debian: apt-get install poppler-data)"));
  else if (output.err.find("Syntax Error") != std::string::npos)
    warn(fmt::format(fmt::runtime(in_language("PDF가 조금 깨졌습니다: {}", "the PDF is damaged in places: {}")),
                     last_line(output.err)));
  return text;
}

tl::unexpected<Error> PdfReader::why_not_opened(const ChildOutput& output) const {
  if (output.err.find(kWrongPassword) != std::string::npos) {
    if (options_.password) return password_wrong(where_);
    return password_needed(where_);
  }
  const bool is_locked = output.err.find("Unsupported version/revision of") != std::string::npos ||
                         output.err.find("unknown security handler") != std::string::npos ||
                         output.err.find("Couldn't find the '") != std::string::npos;
  if (is_locked)
    return fail(ErrorKind::kProtected,
                in_language("DRM이나 모르는 보안 방식으로 잠긴 PDF입니다", "a PDF locked by DRM or an unknown method"),
                where_, "", last_line(output.err));
  return fail(ErrorKind::kCorruptFile, in_language("PDF가 깨졌습니다", "the PDF is damaged"), where_, "",
              last_line(output.err), in_language("파일을 다시 받아 보세요", "get the file again"));
}

// Pages whose text says nothing of what they show: all of a document without text, else those that a picture covers.
Result<std::vector<size_t>> PdfReader::pages_to_recognise(const PdfText& text) {
  std::vector<size_t> suspects;
  for (size_t i = 0; i < text.pages.size(); ++i)
    if (const std::string all = text_of(text.pages[i]); n_visible_characters(all) < kFewCharacters || is_garbled(all))
      suspects.push_back(i);
  if (suspects.empty()) return suspects;
  HANOK_TRY(const ChildOutput output, run("pdfimages", {"-list", "--", kChildFile}, kMaxPartBytes));
  const std::vector<double> pictured = pictured_area(output.out, text.pages.size());
  const bool is_written = has_text(text);
  std::erase_if(suspects, [&](size_t i) {
    const PdfPage& page = text.pages[i];
    const double inches = page.width / 72 * page.height / 72;
    const bool is_pictured = pictured[i] >= kPictureShare * inches;
    const std::string all = text_of(page);
    return is_written && !is_pictured && (n_visible_characters(all) < kFewCharacters || !is_garbled(all));
  });
  return suspects;
}

tl::unexpected<Error> PdfReader::is_scanned(size_t n_pages, const std::string& packages) const {
  return fail(
      ErrorKind::kUnsupported,
      in_language("글이 없는 PDF입니다(스캔한 것으로 보입니다). 글자를 알아볼 프로그램이 없습니다",
                  "a PDF without text, as scanners make it, and the program that recognises text is missing"),
      where_, packages, fmt::format(fmt::runtime(in_language("{}쪽", "{} pages")), n_pages),
      fmt::format(fmt::runtime(in_language("데비안: apt-get install {}", "Debian: apt-get install {}")), packages));
}

Status PdfReader::recognise(PdfText& text, const std::vector<size_t>& pages) {
  if (pages.empty()) return {};
  HANOK_TRY(const std::string packages, missing_ocr_packages(options_.cancel));
  if (!packages.empty()) {
    if (!has_text(text)) return is_scanned(pages.size(), packages);
    warn(fmt::format(fmt::runtime(in_language("{}쪽은 그림이라 읽지 못했습니다(데비안: apt-get install {})",
                                              "pages {} are pictures and were not read (Debian: apt-get install {})")),
                     page_list(pages), packages));
    return {};
  }
  std::vector<size_t> done, failed;
  for (const size_t i : pages) {
    if (options_.on_recognised)
      options_.on_recognised(static_cast<int>(done.size() + failed.size()), static_cast<int>(pages.size()));
    auto paragraphs = recognise_page(text.pages[i], i);
    if (!paragraphs && (paragraphs.error().kind == ErrorKind::kInterrupted || pages.size() == 1))
      return tl::unexpected(paragraphs.error());
    if (!paragraphs)
      failed.push_back(i);
    else if (take_recognised(std::move(*paragraphs), text.pages[i]))
      done.push_back(i);
  }
  if (!done.empty())
    warn(fmt::format(fmt::runtime(in_language("{}쪽은 그림에서 글자를 알아본 것이라 틀릴 수 있습니다",
                                              "the text of pages {} was recognised in pictures and may have mistakes")),
                     page_list(done)));
  if (!failed.empty())
    warn(fmt::format(fmt::runtime(in_language("{}쪽은 그림이고 알아보지 못했습니다",
                                              "pages {} are pictures that could not be read")),
                     page_list(failed)));
  return {};
}

Result<std::vector<std::string>> PdfReader::recognise_page(const PdfPage& page, size_t page_idx) const {
  const double inches = std::max({page.width, page.height, 72.0}) / 72;
  const int dots = std::max(1, static_cast<int>(std::min<double>(kDotsPerInch, kMaxPictureSide / inches)));
  const std::string number = fmt::format("{}", page_idx + 1);
  HANOK_TRY(const ChildOutput picture,
            run("pdftoppm",
                {"-f", number, "-l", number, "-r", fmt::format("{}", dots), "-gray", "-singlefile", "--", kChildFile},
                kMaxPictureBytes));
  if (picture.exit_status != 0) return why_not_opened(picture);
  return hanok::recognise_page(picture.out, dots, options_.cancel,
                               fmt::format(fmt::runtime(in_language("{}, {}쪽", "{}, page {}")), where_, page_idx + 1));
}

ReadDocument PdfReader::document_of(PdfText text) {
  ReadDocument document;
  document.format = "pdf";
  document.metadata = std::move(text.metadata);
  document.n_pages = static_cast<int>(text.pages.size());
  document.page_flow = PageFlow::kWithin;
  for (size_t i = 0; i < text.pages.size(); ++i) {
    for (std::string& paragraph : text.pages[i].paragraphs) {
      DocumentBlock block;
      block.text = std::move(paragraph);
      block.page = {static_cast<int>(i) + 1, PageCertainty::kExact};
      document.blocks.push_back(std::move(block));
    }
  }
  document.warnings = std::move(warnings_);
  lay_out(document);
  return document;
}

}  // namespace

Result<ReadDocument> read_pdf(std::string_view bytes, const std::string& where, const ReadOptions& options) {
  return PdfReader(where, options).read(bytes);
}

}  // namespace hanok
