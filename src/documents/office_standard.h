// ECMA-376's standard encryption (MS-OFFCRYPTO § 2.3.4.5 to 2.3.4.9), which Office 2007 writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "base/result.h"

namespace hanok {

class StandardLock {
 public:
  // `info` is the stream EncryptionInfo. Errors: kCorruptFile; kUnsupported for ciphers other than AES with SHA-1.
  static Result<StandardLock> read(std::string_view info, const std::string& where);

  uint32_t n_rounds() const;
  // The package's key; nothing when the password (UTF-16LE) is another.
  Result<std::optional<std::string>> key_of(std::string_view password) const;
  // The package, from the stream EncryptedPackage. It has no sum: damage shows in what the package holds.
  Result<std::string> open(std::string_view package, const std::string& key) const;

 private:
  std::string where_;
  const EVP_CIPHER* cipher_ = nullptr;
  size_t key_bytes_ = 0;
  std::string salt_, verifier_, verifier_hash_;
};

}  // namespace hanok
