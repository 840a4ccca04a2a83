// Parts of archives that are locked with a password as OpenDocument 1.2 does it (§ 3.4), which HWPX does too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "documents/zip_archive.h"

namespace hanok {

// How one part is locked: PBKDF2 over the password's SHA-256, AES-256-CBC, below it a deflate stream.
struct PartLock {
  std::string checksum, iv, salt;
  uint32_t n_rounds = 0;
};

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

  ZipArchive* archive_;
  std::string where_;
  std::string start_key_;
  std::map<std::string, PartLock> locks_;
  uint64_t n_rounds_left_ = 0;
};

}  // namespace hanok
