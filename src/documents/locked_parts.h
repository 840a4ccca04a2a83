// Parts of archives that are locked with a password as OpenDocument does it (1.2 § 3.4, and LibreOffice 24.8's way with
// Argon2id and AES-GCM), which HWPX does too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "documents/part_key.h"
#include "documents/zip_archive.h"

namespace hanok {

class LockedParts {
 public:
  // Reads META-INF/manifest.xml, which may be missing. Errors: kPassword when there are locked parts and no password;
  // kUnsupported for other ciphers.
  static Result<LockedParts> open(ZipArchive& archive, const std::string& where, std::optional<std::string> password);

  // The part, unlocked where it is locked. Errors as ZipArchive::read; kPassword for a wrong password.
  Result<std::string> read(const std::string& name);

 private:
  LockedParts(ZipArchive& archive, std::string where) : archive_(&archive), where_(std::move(where)) {}
  Result<std::string> unlock(const std::string& name, const std::string& bytes, const PartLock& lock);
  Result<std::optional<std::string>> open_with(const std::string& key, const std::string& bytes, const PartLock& lock,
                                               const std::string& place) const;
  Status spend(const PartLock& lock, const std::string& place);

  ZipArchive* archive_;
  std::string where_;
  std::string start_key_;
  std::map<std::string, PartLock> locks_;
  uint64_t pbkdf2_left_ = kMaxPbkdf2Rounds, argon2_left_ = kMaxArgon2Work;
};

}  // namespace hanok
