#include "documents/reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/locale.h"
#include "base/mapped_file.h"
#include "documents/bytes.h"
#include "documents/compound_file.h"
#include "documents/docx.h"
#include "documents/encoding.h"
#include "documents/hwp5.h"
#include "documents/hwpx.h"
#include "documents/limits.h"
#include "documents/plain_text.h"
#include "documents/zip_archive.h"

namespace hanok {
namespace {

constexpr std::string_view kHwp3Magic = "HWP Document File V3.00";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

DocumentFormat format_of_archive(ZipArchive& archive) {
  if (is_hwpx(archive)) return DocumentFormat::kHwpx;
  if (is_docx(archive)) return DocumentFormat::kDocx;
  if (archive.has("xl/workbook.xml")) return DocumentFormat::kXlsx;
  if (archive.has("ppt/presentation.xml")) return DocumentFormat::kPptx;
  const auto type = archive.has("mimetype") ? archive.read("mimetype") : Result<std::string>(std::string());
  if (type && trim(*type) == "application/epub+zip") return DocumentFormat::kEpub;
  if (type && trim(*type).starts_with("application/vnd.oasis.opendocument.text")) return DocumentFormat::kOdt;
  return DocumentFormat::kUnknown;
}

DocumentFormat format_of_text(std::string_view bytes, const std::string& name) {
  const std::string start = lower(trim(bytes.substr(0, 1024)));
  const std::string_view text = std::string_view(start).substr(start.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  if (text.starts_with("<!doctype html") || text.starts_with("<html")) return DocumentFormat::kHtml;
  if (text.starts_with("<?xml") && text.find("<hwpml") != std::string_view::npos) return DocumentFormat::kHwpml;
  if (!decode_plain_text(bytes, name)) return DocumentFormat::kUnknown;
  const std::string ending = lower(std::filesystem::path(name).extension().string());
  if (ending == ".csv" || ending == ".tsv") return DocumentFormat::kCsv;
  return ending == ".md" || ending == ".markdown" ? DocumentFormat::kMarkdown : DocumentFormat::kText;
}

tl::unexpected<Error> not_read(DocumentFormat format, const std::string& name) {
  if (format == DocumentFormat::kUnknown)
    return fail(ErrorKind::kUnsupported, in_language("모르는 형식입니다", "not a known kind of document"), name);
  return fail(ErrorKind::kUnsupported,
              in_language("이 판은 이 형식을 읽지 못합니다", "this version does not read this kind of document"), name,
              in_language("HWP 5.0, HWPX, DOCX, 글, Markdown, CSV", "HWP 5.0, HWPX, DOCX, text, Markdown, CSV"),
              format_name(format));
}

Result<ReadDocument> read_text_like(DocumentFormat format, std::string_view bytes, const std::string& name) {
  HANOK_TRY(const DecodedText decoded, decode_plain_text(bytes, name));
  if (format == DocumentFormat::kCsv) return read_csv(decoded.text, name);
  return format == DocumentFormat::kMarkdown ? read_markdown(decoded.text) : read_plain_text(decoded.text);
}

}  // namespace

DocumentFormat detect_format(std::string_view bytes, const std::string& name) {
  if (bytes.starts_with(kCompoundFileMagic)) {
    const auto file = CompoundFile::open(bytes, name);
    return file && is_hwp5(*file) ? DocumentFormat::kHwp5 : DocumentFormat::kOldOffice;
  }
  if (bytes.starts_with(kHwp3Magic)) return DocumentFormat::kHwp3;
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
    case DocumentFormat::kOldOffice:
      return "DOC, XLS, PPT";
    case DocumentFormat::kHtml:
      return "HTML";
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
  if (bytes.starts_with(kCompoundFileMagic)) {
    HANOK_TRY(const CompoundFile file, CompoundFile::open(bytes, name));
    return is_hwp5(file) ? read_hwp5(file, name, options) : not_read(DocumentFormat::kOldOffice, name);
  }
  if (bytes.starts_with("PK\x03\x04")) {
    HANOK_TRY(ZipArchive archive, ZipArchive::open(bytes, name));
    if (is_hwpx(archive)) return read_hwpx(archive, name);
    if (is_docx(archive)) return read_docx(archive, name);
    return not_read(format_of_archive(archive), name);
  }
  const DocumentFormat format = detect_format(bytes, name);
  const bool is_text =
      format == DocumentFormat::kText || format == DocumentFormat::kMarkdown || format == DocumentFormat::kCsv;
  return is_text ? read_text_like(format, bytes, name) : not_read(format, name);
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
