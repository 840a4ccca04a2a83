#include "documents/office_lock.h"

#include <vector>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/cipher.h"
#include "documents/limits.h"
#include "documents/office_agile.h"
#include "documents/office_standard.h"
#include "documents/passwords.h"

namespace hanok {
namespace {

constexpr const char* kInfo = "EncryptionInfo";
constexpr const char* kPackage = "EncryptedPackage";
constexpr uint64_t kMaxInfoBytes = uint64_t{1} << 20;
constexpr uint32_t kMaxUnaskedRounds = 1'000'000;
// With this password Excel locks a workbook whose sheets alone are protected, and opens it without a question
// (§ 2.4.2.3).
constexpr const char* kExcelsOwn = "VelvetSweatshop";

bool is_rights_managed(const CompoundFile& file) {
  for (const CompoundFile::Stream& stream : file.streams())
    if (stream.path.find("DRMEncrypted") != std::string::npos || stream.path == "\tDRMContent") return true;
  return false;
}

template <class Lock>
Result<std::string> open_lock(const Lock& lock, std::string_view package, const std::optional<std::string>& password,
                              const std::string& where) {
  std::vector<std::string> candidates;
  if (password) candidates.push_back(*password);
  if (lock.n_rounds() <= kMaxUnaskedRounds) candidates.emplace_back(kExcelsOwn);
  for (const std::string& each : candidates) {
    HANOK_TRY(const auto key, lock.key_of(utf16le_of_utf8(each)));
    if (key) return lock.open(package, *key);
  }
  if (password) return password_wrong(where);
  return password_needed(where);
}

}  // namespace

bool is_locked_office(const CompoundFile& file) {
  return file.find(kPackage) != nullptr || is_rights_managed(file);
}

Result<std::string> unlock_office(const CompoundFile& file, const std::string& where,
                                  const std::optional<std::string>& password) {
  if (is_rights_managed(file))
    return fail(ErrorKind::kProtected,
                in_language("권한 관리(IRM)로 잠긴 문서입니다", "locked by rights management (IRM)"), where, "", "",
                in_language("오피스에서 제한을 풀어 다시 저장하세요", "save it without restrictions in Office"));
  const CompoundFile::Stream *info_stream = file.find(kInfo), *package_stream = file.find(kPackage);
  if (info_stream == nullptr)
    return fail(ErrorKind::kCorruptFile, in_language("암호에 관한 정보가 없습니다", "how it is encrypted is missing"),
                where, kInfo);
  HANOK_TRY(const std::string info, file.read(*info_stream, kMaxInfoBytes));
  const std::string place = where + ": " + kInfo;
  if (info.size() < 8)
    return fail(ErrorKind::kCorruptFile, in_language("암호에 관한 정보가 깨졌습니다", "how it is encrypted is damaged"),
                place);
  const uint16_t major = read_u16(info, 0), minor = read_u16(info, 2);
  const bool is_agile = major == 4 && minor == 4, is_standard = major >= 2 && major <= 4 && minor == 2;
  if (!is_agile && !is_standard)
    return fail(ErrorKind::kUnsupported, in_language("모르는 방식으로 잠긴 문서입니다", "locked in an unknown way"),
                place, "4.4, 2.2, 3.2, 4.2", fmt::format("{}.{}", major, minor));
  if (is_agile) {
    HANOK_TRY(const AgileLock lock, AgileLock::read(info, place));
    HANOK_TRY(const std::string package, file.read(*package_stream, kMaxTotalBytes));
    return open_lock(lock, package, password, where);
  }
  HANOK_TRY(const StandardLock lock, StandardLock::read(info, place));
  HANOK_TRY(const std::string package, file.read(*package_stream, kMaxTotalBytes));
  return open_lock(lock, package, password, where);
}

}  // namespace hanok
