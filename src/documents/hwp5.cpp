#include "documents/hwp5.h"

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/hwp_body.h"
#include "documents/hwp_crypt.h"
#include "documents/inflate.h"
#include "documents/limits.h"
#include "documents/ole_properties.h"
#include "documents/passwords.h"

namespace hanok {
namespace {

constexpr std::string_view kSignature = "HWP Document File";
constexpr std::string_view kPlaceholder = "이 문서는 상위 버전의 배포용 문서입니다";
constexpr uint32_t kPasswordVersion = 4;  // the only EncryptVersion whose cipher is known
constexpr uint32_t kMaxSections = 4096;

enum Flag : uint32_t {
  kCompressed = 1 << 0,
  kHasPassword = 1 << 1,
  kDistribution = 1 << 2,
  kDrm = 1 << 4,
  kCertificate = 1 << 8,
  kCertificateDrm = 1 << 10,
  kTracksChanges = 1 << 14
};

class Hwp5Reader {
 public:
  Hwp5Reader(const CompoundFile& file, const std::string& where, const ReadOptions& options)
      : file_(file), where_(where), options_(options) {}

  Result<ReadDocument> read() {
    HANOK_RETURN_IF_ERROR(read_header());
    HANOK_TRY(const HwpDocInfo info, read_doc_info());
    HwpBody body(info);
    HANOK_RETURN_IF_ERROR(read_sections(info, body));
    body.settle_memos();
    return finish(body, info);
  }

 private:
  Status read_header();
  Result<HwpDocInfo> read_doc_info();
  Status read_sections(const HwpDocInfo& info, HwpBody& body);
  Result<std::string> read_stream(const CompoundFile::Stream& stream, bool is_distributed);
  Result<ReadDocument> finish(HwpBody& body, const HwpDocInfo& info);
  std::string place(const std::string& stream) const { return where_ + ": " + stream; }

  const CompoundFile& file_;
  const std::string& where_;
  const ReadOptions& options_;
  uint32_t flags_ = 0;
  uint64_t n_bytes_left_ = kMaxTotalBytes;
};

Status Hwp5Reader::read_header() {
  HANOK_TRY(const std::string header, file_.read(*file_.find("FileHeader"), 4096));
  flags_ = read_u32(header, 36);
  if ((flags_ & (kDrm | kCertificate | kCertificateDrm)) != 0) {
    return fail(ErrorKind::kProtected,
                in_language("DRM이나 인증서로 잠긴 문서입니다", "locked by DRM or a certificate"), where_, "", "",
                in_language("한글에서 보호를 풀어 다시 저장하세요", "save it without protection in Hangul"));
  }
  if ((flags_ & kHasPassword) == 0) return {};
  if (const uint32_t version = read_u32(header, 44); version != kPasswordVersion) {
    return fail(ErrorKind::kUnsupported,
                in_language("이 암호 방식은 풀지 못합니다", "this kind of encryption cannot be opened"), where_,
                fmt::format("EncryptVersion {}", kPasswordVersion), fmt::format("{}", version));
  }
  if (options_.password) return {};
  return password_needed(where_);
}

Result<std::string> Hwp5Reader::read_stream(const CompoundFile::Stream& stream, bool is_distributed) {
  HANOK_TRY(std::string bytes, file_.read(stream, kMaxPartBytes));
  if ((flags_ & kHasPassword) != 0) {
    HANOK_TRY(bytes, decrypt_hwp_password(bytes, *options_.password));
  }
  if (is_distributed) {
    HANOK_TRY(bytes, decrypt_distribution(bytes, place(stream.path)));
  }
  if ((flags_ & kCompressed) != 0) {
    HANOK_TRY(bytes, inflate_raw(bytes, std::min(kMaxPartBytes, n_bytes_left_), place(stream.path)));
  }
  n_bytes_left_ -= std::min<uint64_t>(bytes.size(), n_bytes_left_);
  return bytes;
}

Result<HwpDocInfo> Hwp5Reader::read_doc_info() {
  const CompoundFile::Stream* stream = file_.find("DocInfo");
  if (stream == nullptr)
    return fail(ErrorKind::kCorruptFile, in_language("문서 정보가 없습니다", "the document's information is missing"),
                place("DocInfo"));
  const auto read_it = [&]() -> Result<HwpDocInfo> {
    HANOK_TRY(std::string bytes, read_stream(*stream, false));
    HANOK_TRY(const HwpRecords records, HwpRecords::parse(std::move(bytes), place(stream->path)));
    return HwpDocInfo::read(records, place(stream->path));
  };
  auto info = read_it();
  if (!info && (flags_ & kHasPassword) != 0)  // only the right password gives a stream that can be read
    return password_wrong(where_);
  return info;
}

Status Hwp5Reader::read_sections(const HwpDocInfo& info, HwpBody& body) {
  const bool is_distributed = (flags_ & kDistribution) != 0 && file_.find("ViewText/Section0") != nullptr;
  uint32_t n_read = 0;
  for (; n_read < kMaxSections; ++n_read) {
    const std::string path = fmt::format("{}/Section{}", is_distributed ? "ViewText" : "BodyText", n_read);
    const CompoundFile::Stream* stream = file_.find(path);
    if (stream == nullptr) break;
    HANOK_TRY(std::string bytes, read_stream(*stream, is_distributed));
    HANOK_TRY(const HwpRecords records, HwpRecords::parse(std::move(bytes), place(path)));
    HANOK_RETURN_IF_ERROR(body.read_section(records, place(path)));
  }
  if (n_read > 0 && n_read >= info.n_sections) return {};
  return fail(ErrorKind::kCorruptFile, in_language("구역이 모자랍니다", "sections are missing"), where_,
              fmt::format("{}", info.n_sections), fmt::format("{}", n_read));
}

Result<ReadDocument> Hwp5Reader::finish(HwpBody& body, const HwpDocInfo& info) {
  ReadDocument document;
  document.format = "hwp5";
  document.blocks = std::move(body.blocks);
  OleProperties properties;
  if (const auto* stream = file_.find("\005HwpSummaryInformation"); stream != nullptr) {
    HANOK_TRY(const std::string bytes, file_.read(*stream, kMaxPartBytes));
    properties = read_ole_properties(bytes);
  }
  document.metadata = properties.metadata;
  document.n_pages = body.pages.n_pages();
  // The writer's own count is the judge where there is one.
  const bool agrees = properties.n_pages == 0 || properties.n_pages == static_cast<uint32_t>(document.n_pages);
  settle_pages(document.blocks, body.pages.is_exact() && agrees ? PageCertainty::kExact : PageCertainty::kApproximate);
  if (body.n_hidden_comments > 0)
    document.warnings.push_back(
        fmt::format(fmt::runtime(in_language("숨은 설명 {}개를 뺐습니다", "{} hidden comments were left out")),
                    body.n_hidden_comments));
  if (body.n_deleted_parts > 0)
    document.warnings.push_back(
        fmt::format(fmt::runtime(in_language("교정으로 지운 글 {}곳을 뺐습니다", "{} deleted passages were left out")),
                    body.n_deleted_parts));
  if (info.has_track_changes || (flags_ & kTracksChanges) != 0)
    document.warnings.push_back(in_language("변경 내용 추적이 켜진 문서입니다. 지운 글이 섞여 있을 수 있습니다",
                                            "changes are tracked in this document; deleted text may be among it"));
  lay_out(document);
  if (document.text.starts_with(kPlaceholder))
    return fail(ErrorKind::kProtected,
                in_language("상위 판의 배포용 문서라 안내문만 들어 있습니다",
                            "a distribution document of a newer version, which holds a notice in place of its text"),
                where_);
  return document;
}

}  // namespace

bool is_hwp5(const CompoundFile& file) {
  const CompoundFile::Stream* stream = file.find("FileHeader");
  if (stream == nullptr || stream->n_bytes < 48) return false;
  const auto header = file.read(*stream, 4096);
  return header && header->starts_with(kSignature);
}

Result<ReadDocument> read_hwp5(const CompoundFile& file, const std::string& where, const ReadOptions& options) {
  return Hwp5Reader(file, where, options).read();
}

}  // namespace hanok
