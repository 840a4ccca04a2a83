#include "documents/reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/locale.h"
#include "base/mapped_file.h"
#include "base/text_encoding.h"
#include "documents/bytes.h"
#include "documents/compound_file.h"
#include "documents/docx.h"
#include "documents/eml.h"
#include "documents/epub.h"
#include "documents/html.h"
#include "documents/hwp3.h"
#include "documents/hwp5.h"
#include "documents/hwpml.h"
#include "documents/hwpx.h"
#include "documents/limits.h"
#include "documents/mime.h"
#include "documents/odt.h"
#include "documents/office_lock.h"
#include "documents/pdf.h"
#include "documents/plain_text.h"
#include "documents/pptx.h"
#include "documents/xlsx.h"
#include "documents/zip_archive.h"

namespace hanok {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

DocumentFormat format_of_archive(ZipArchive& archive) {
  if (is_hwpx(archive)) return DocumentFormat::kHwpx;
  if (is_docx(archive)) return DocumentFormat::kDocx;
  if (is_xlsx(archive)) return DocumentFormat::kXlsx;
  if (is_pptx(archive)) return DocumentFormat::kPptx;
  if (is_epub(archive)) return DocumentFormat::kEpub;
  if (is_odt(archive)) return DocumentFormat::kOdt;
  return DocumentFormat::kUnknown;
}

std::string ending_of(const std::string& name) {
  return lower(std::filesystem::path(name).extension().string());
}

// What a name says that no bytes of text can be; null where it says no such thing. (Exports of web pages and tables as
// text are named DOC and XLS.)
const char* claimed_format(const std::string& ending) {
  constexpr auto kClaims = std::to_array<std::pair<std::string_view, const char*>>({{".hwp", "HWP 5.0, HWP 3.0"},
                                                                                    {".hwpx", "HWPX"},
                                                                                    {".hml", "HWPML"},
                                                                                    {".pdf", "PDF"},
                                                                                    {".docx", "DOCX"},
                                                                                    {".docm", "DOCX"},
                                                                                    {".xlsx", "XLSX"},
                                                                                    {".xlsm", "XLSX"},
                                                                                    {".pptx", "PPTX"},
                                                                                    {".pptm", "PPTX"},
                                                                                    {".odt", "ODT"},
                                                                                    {".epub", "EPUB"}});
  for (const auto& [each, format] : kClaims)
    if (ending == each) return format;
  return nullptr;
}

DocumentFormat format_of_text(std::string_view bytes, const std::string& name) {
  const std::string start = lower(trim(bytes.substr(0, 1024)));
  const std::string_view text = std::string_view(start).substr(start.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  const std::string ending = ending_of(name);
  const bool is_xml = text.starts_with("<?xml");
  if (text.starts_with("<!doctype html") || text.starts_with("<html")) return DocumentFormat::kHtml;
  if (is_xml && text.find("<hwpml") != std::string_view::npos) return DocumentFormat::kHwpml;
  if (is_xml && text.find("<html") != std::string_view::npos) return DocumentFormat::kHtml;
  if (looks_like_mail(bytes, ending == ".eml" || ending == ".mht" || ending == ".mhtml")) return DocumentFormat::kEml;
  // What calls itself text and is not is told where it stops being that.
  if (ending == ".csv" || ending == ".tsv") return DocumentFormat::kCsv;
  if (ending == ".md" || ending == ".markdown") return DocumentFormat::kMarkdown;
  if (ending == ".txt") return DocumentFormat::kText;
  if (claimed_format(ending) != nullptr || !decode_damaged_text(bytes, name)) return DocumentFormat::kUnknown;
  return ending == ".html" || ending == ".htm" || ending == ".xhtml" ? DocumentFormat::kHtml : DocumentFormat::kText;
}

// Whether the name claims a format whose files are never empty.
bool claims_content(const std::string& name) {
  constexpr auto kMore = std::to_array<std::string_view>({".doc", ".xls", ".ppt", ".zip"});
  const std::string ending = ending_of(name);
  return claimed_format(ending) != nullptr || std::find(kMore.begin(), kMore.end(), ending) != kMore.end();
}

// Files that a company's guard has wrapped: whatever they were, they begin with its mark.
const char* drm_of(std::string_view bytes) {
  constexpr auto kMarks = std::to_array<std::pair<std::string_view, const char*>>(
      {{"\x9B DRMONE", "Fasoo"}, {"SCDSA00", "SoftCamp"}, {"<## NASCA DRM FILE", "NASCA"}});
  for (const auto& [mark, maker] : kMarks)
    if (bytes.starts_with(mark)) return maker;
  return nullptr;
}

tl::unexpected<Error> is_protected(const std::string& maker, const std::string& name) {
  return fail(ErrorKind::kProtected, in_language("DRM으로 잠긴 파일입니다", "the file is locked by DRM"), name, "",
              maker,
              in_language("만든 곳의 프로그램에서 잠금을 풀어 저장하세요", "save it unlocked in its maker's program"));
}

tl::unexpected<Error> not_read(DocumentFormat format, const std::string& name) {
  if (format == DocumentFormat::kUnknown)
    return fail(ErrorKind::kUnsupported, in_language("모르는 형식입니다", "not a known kind of document"), name);
  return fail(
      ErrorKind::kUnsupported,
      in_language("이 판은 이 형식을 읽지 못합니다", "this version does not read this kind of document"), name,
      in_language("HWP 5.0, HWP 3.0, HWPX, HWPML, PDF, DOCX, XLSX, PPTX, ODT, EPUB, HTML, EML, 글, Markdown, CSV",
                  "HWP 5.0, HWP 3.0, HWPX, HWPML, PDF, DOCX, XLSX, PPTX, ODT, EPUB, HTML, EML, text, Markdown, CSV"),
      format_name(format));
}

tl::unexpected<Error> empty_file(const std::string& name) {
  const char* claimed = claimed_format(ending_of(name));
  return fail(ErrorKind::kCorruptFile, in_language("빈 파일입니다", "the file is empty"), name,
              claimed != nullptr ? claimed : "", in_language("0바이트", "0 bytes"),
              in_language("파일이 깨졌거나 덜 받아졌습니다", "the file is damaged or incomplete"));
}

tl::unexpected<Error> not_what_it_says(const char* claimed, std::string_view bytes, const std::string& name) {
  const bool is_text = decode_text(bytes, name).has_value();
  const char* found = is_text ? in_language("글 {}바이트", "{} bytes of text")
                              : in_language("모르는 내용 {}바이트", "{} bytes of no known kind");
  return fail(ErrorKind::kCorruptFile, in_language("내용이 이름과 다릅니다", "the content is not what the name says"),
              name, claimed, fmt::format(fmt::runtime(found), bytes.size()),
              is_text ? in_language("글로 읽으려면 이름을 .txt로 바꾸세요", "name it .txt to read it as text")
                      : in_language("파일이 깨졌거나 덜 받아졌습니다", "the file is damaged or incomplete"));
}

Result<ReadDocument> read_decoded(DocumentFormat format, const std::string& text, const std::string& name) {
  if (format == DocumentFormat::kCsv) return read_csv(text, name);
  return format == DocumentFormat::kMarkdown ? read_markdown(text) : read_plain_text(text);
}

Result<ReadDocument> read_text_like(DocumentFormat format, std::string_view bytes, const std::string& name) {
  HANOK_TRY(const DecodedText decoded, decode_damaged_text(bytes, name));
  HANOK_TRY(ReadDocument document, read_decoded(format, cleaned_text(decoded.text), name));
  if (decoded.n_damaged > 0) {
    document.warnings.push_back(
        fmt::format(fmt::runtime(in_language("글자가 아닌 바이트 {}개를 \uFFFD로 바꿨습니다",
                                             "{} bytes that are no text were replaced by \uFFFD")),
                    decoded.n_damaged));
  }
  return document;
}

Result<ReadDocument> read_archive(ZipArchive& archive, const std::string& name, const ReadOptions& options) {
  switch (const DocumentFormat format = format_of_archive(archive); format) {
    case DocumentFormat::kHwpx:
      return read_hwpx(archive, name, options);
    case DocumentFormat::kDocx:
      return read_docx(archive, name);
    case DocumentFormat::kXlsx:
      return read_xlsx(archive, name);
    case DocumentFormat::kPptx:
      return read_pptx(archive, name);
    case DocumentFormat::kEpub:
      return read_epub(archive, name);
    case DocumentFormat::kOdt:
      return read_odt(archive, name, options);
    default:
      return not_read(format, name);
  }
}

Result<ReadDocument> read_compound(std::string_view bytes, const std::string& name, const ReadOptions& options) {
  HANOK_TRY(const CompoundFile file, CompoundFile::open(bytes, name));
  if (is_hwp5(file)) return read_hwp5(file, name, options);
  if (!is_locked_office(file)) return not_read(DocumentFormat::kOldOffice, name);
  HANOK_TRY(const std::string package, unlock_office(file, name, options.password));
  HANOK_TRY(ZipArchive archive, ZipArchive::open(package, name));
  return read_archive(archive, name, options);
}

}  // namespace

DocumentFormat detect_format(std::string_view bytes, const std::string& name) {
  if (bytes.starts_with(kCompoundFileMagic)) {
    const auto file = CompoundFile::open(bytes, name);
    if (!file || is_hwp5(*file)) return file ? DocumentFormat::kHwp5 : DocumentFormat::kOldOffice;
    return is_locked_office(*file) ? DocumentFormat::kLockedOffice : DocumentFormat::kOldOffice;
  }
  if (is_hwp3(bytes)) return DocumentFormat::kHwp3;
  if (bytes.substr(0, 1024).find("%PDF-") != std::string_view::npos) return DocumentFormat::kPdf;
  if (bytes.starts_with("PK\x03\x04")) {
    auto archive = ZipArchive::open(bytes, name);
    return archive ? format_of_archive(*archive) : DocumentFormat::kUnknown;
  }
  return format_of_text(bytes, name);
}

const char* format_name(DocumentFormat format) {
  switch (format) {
    case DocumentFormat::kHwp5:
      return "HWP 5.0";
    case DocumentFormat::kHwp3:
      return "HWP 3.0";
    case DocumentFormat::kHwpx:
      return "HWPX";
    case DocumentFormat::kHwpml:
      return "HWPML";
    case DocumentFormat::kPdf:
      return "PDF";
    case DocumentFormat::kDocx:
      return "DOCX";
    case DocumentFormat::kXlsx:
      return "XLSX";
    case DocumentFormat::kPptx:
      return "PPTX";
    case DocumentFormat::kOdt:
      return "ODT";
    case DocumentFormat::kEpub:
      return "EPUB";
    case DocumentFormat::kLockedOffice:
      return "DOCX, XLSX, PPTX";
    case DocumentFormat::kOldOffice:
      return "DOC, XLS, PPT";
    case DocumentFormat::kHtml:
      return "HTML";
    case DocumentFormat::kEml:
      return "EML";
    case DocumentFormat::kCsv:
      return "CSV";
    case DocumentFormat::kMarkdown:
      return "Markdown";
    case DocumentFormat::kText:
      return "text";
    case DocumentFormat::kUnknown:
      break;
  }
  return "";
}

Result<ReadDocument> read_document(std::string_view bytes, const std::string& name, const ReadOptions& options) {
  if (bytes.empty() && claims_content(name)) return empty_file(name);
  if (const char* maker = drm_of(bytes); maker != nullptr) return is_protected(maker, name);
  if (bytes.starts_with(kCompoundFileMagic)) return read_compound(bytes, name, options);
  if (bytes.starts_with("PK\x03\x04")) {
    HANOK_TRY(ZipArchive archive, ZipArchive::open(bytes, name));
    return read_archive(archive, name, options);
  }
  switch (const DocumentFormat format = detect_format(bytes, name); format) {
    case DocumentFormat::kHwp3:
      return read_hwp3(bytes, name, options);
    case DocumentFormat::kHwpml:
      return read_hwpml(std::string(bytes), name);
    case DocumentFormat::kPdf:
      return read_pdf(bytes, name, options);
    case DocumentFormat::kHtml:
      return read_html(bytes, name);
    case DocumentFormat::kEml:
      return read_eml(bytes, name);
    case DocumentFormat::kText:
    case DocumentFormat::kMarkdown:
    case DocumentFormat::kCsv:
      return read_text_like(format, bytes, name);
    default:
      if (const char* claimed = claimed_format(ending_of(name)); claimed != nullptr)
        return not_what_it_says(claimed, bytes, name);
      return not_read(format, name);
  }
}

Result<ReadDocument> read_document(const std::filesystem::path& path, const ReadOptions& options) {
  HANOK_TRY(const MappedFile file, MappedFile::open(path));
  const std::span<const std::byte> bytes = file.bytes();
  if (bytes.size() > kMaxFileBytes) {
    return fail(ErrorKind::kLimit, in_language("파일이 너무 큽니다", "the file is too large"), path.string(),
                fmt::format(fmt::runtime(in_language("최대 {}바이트", "at most {} bytes")), kMaxFileBytes),
                fmt::format("{}", bytes.size()));
  }
  return read_document(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), path.string(),
                       options);
}

}  // namespace hanok
