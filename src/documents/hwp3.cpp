#include "documents/hwp3.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/hwp3_body.h"
#include "documents/hwp3_crypt.h"
#include "documents/inflate.h"
#include "documents/johab.h"
#include "documents/limits.h"
#include "documents/passwords.h"

namespace hanok {
namespace {

constexpr std::string_view kSignature = "HWP Document File V3.00";
constexpr size_t kSignatureBytes = 30, kInfoBytes = 128, kSummaryBytes = 1008, kSummaryField = 112;
constexpr size_t kEncryptedAt = 96, kCompressedAt = 124, kBlockBytesAt = 126;  // in the information

DocumentMetadata read_metadata(std::string_view summary) {
  const auto field = [&](size_t i) {
    return std::string(trim(hwp3_text(slice(summary, i * kSummaryField, kSummaryField))));
  };
  DocumentMetadata out;
  out.title = field(0);
  out.subject = field(1);
  out.author = field(2);
  out.keywords = field(4);
  return out;
}

// The body as its paragraphs have it.
Result<std::string> open_body(std::string_view info, std::string_view stored, const std::string& where,
                              const std::optional<std::string>& password) {
  const bool is_packed = info[kCompressedAt] != 0;
  if (read_u16(info, kEncryptedAt) == 0)
    return is_packed ? inflate_raw(stored, kMaxPartBytes, where) : Result<std::string>(std::string(stored));
  if (!is_packed)
    return fail(ErrorKind::kUnsupported,
                in_language("이 암호 방식은 풀지 못합니다", "this kind of encryption cannot be opened"), where,
                in_language("압축한 본문", "a packed body"),
                in_language("압축하지 않은 본문", "one that is not packed"),
                in_language("한글에서 암호를 풀어 다시 저장하세요", "save it without its password in Hangul"));
  if (!password) return password_needed(where);
  return unlock_hwp3_body(stored, *password, where);
}

}  // namespace

bool is_hwp3(std::string_view bytes) {
  return bytes.starts_with(kSignature);
}

Result<ReadDocument> read_hwp3(std::string_view bytes, const std::string& where, const ReadOptions& options) {
  const std::string_view info = slice(bytes, kSignatureBytes, kInfoBytes);
  const size_t body_at = kSignatureBytes + kInfoBytes + kSummaryBytes + read_u16(info, kBlockBytesAt);
  if (bytes.size() <= body_at)
    return fail(ErrorKind::kCorruptFile, in_language("파일이 도중에 끝납니다", "the file ends too early"), where);
  HANOK_TRY(const std::string stream, open_body(info, bytes.substr(body_at), where, options.password));
  ReadDocument document;
  document.format = "hwp3";
  document.metadata = read_metadata(slice(bytes, kSignatureBytes + kInfoBytes, kSummaryBytes));
  Hwp3Body body(stream, where);
  const Status status = body.read();
  if (!status && (status.error().kind != ErrorKind::kCorruptFile || body.blocks.empty()))
    return tl::unexpected(status.error());
  if (!status)
    document.warnings.push_back(
        in_language("본문이 도중에 끊겨 그 앞까지만 읽었습니다", "the body breaks off; what comes before was read"));
  const auto warn = [&](int n, const char* korean, const char* english) {
    if (n > 0) document.warnings.push_back(fmt::format(fmt::runtime(in_language(korean, english)), n));
  };
  warn(body.n_hidden_comments, "숨은 설명 {}개를 뺐습니다", "{} hidden comments were left out");
  warn(body.n_unknown_characters, "뜻을 모르는 글자 {}개를 뺐습니다", "{} characters of unknown meaning were left out");
  warn(body.n_broken_drawings, "그리기 개체 {}개의 글을 다 읽지 못했습니다",
       "{} drawings are damaged; their text was read as far as it goes");
  document.blocks = std::move(body.blocks);
  lay_out(document);
  return document;
}

}  // namespace hanok
