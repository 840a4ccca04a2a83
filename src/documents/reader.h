// Reads a document of any known format, recognised by its content and never by its name.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/document.h"

namespace hanok {

enum class DocumentFormat {
  kHwp5,
  kHwp3,
  kHwpx,
  kHwpml,
  kPdf,
  kDocx,
  kXlsx,
  kPptx,
  kOdt,
  kEpub,
  kLockedOffice,  // DOCX, XLSX or PPTX, encrypted: which of them shows inside
  kOldOffice,
  kHtml,
  kEml,
  kCsv,
  kMarkdown,
  kText,
  kUnknown
};

struct ReadOptions {
  std::optional<std::string> password;
  const std::atomic<bool>* cancel = nullptr;                 // asked while other programs work; may be null
  std::function<void(int done, int total)> on_recognised{};  // before each page that is recognised in a picture
};

// The format of the bytes. `name` decides between formats that bytes cannot tell apart (plain text, Markdown, CSV);
// plain text that is named as a document of another kind (HWP, PDF, DOCX, …) is kUnknown.
DocumentFormat detect_format(std::string_view bytes, const std::string& name);
const char* format_name(DocumentFormat format);

// The document, laid out. Errors: kNotFound, kIo; kPassword when one is needed or wrong; kProtected for DRM and for
// files that hold a placeholder only; kCorruptFile, kUnsupported, kLimit, kInterrupted.
Result<ReadDocument> read_document(const std::filesystem::path& path, const ReadOptions& options = {});
// The same for bytes in memory; `name` is the file's name.
Result<ReadDocument> read_document(std::string_view bytes, const std::string& name, const ReadOptions& options = {});

}  // namespace hanok
