// ECMA-376's agile encryption (MS-OFFCRYPTO § 2.3.4.10 to 2.3.4.15), which Office 2010 and later write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/types.h>
#include <pugixml.hpp>

#include "base/result.h"

namespace hanok {

class AgileLock {
 public:
  // `info` is the stream EncryptionInfo. Errors: kCorruptFile, kLimit; kUnsupported for ciphers other than AES-CBC;
  // kProtected where certificates alone open it.
  static Result<AgileLock> read(std::string_view info, const std::string& where);

  uint32_t n_rounds() const { return n_rounds_; }
  // The package's key; nothing when the password (UTF-16LE) is another.
  Result<std::optional<std::string>> key_of(std::string_view password) const;
  // The package, from the stream EncryptedPackage. Error: kCorruptFile when it is not what was encrypted.
  Result<std::string> open(std::string_view package, const std::string& key) const;

 private:
  struct Parameters {
    const EVP_CIPHER* cipher = nullptr;
    const EVP_MD* hash = nullptr;
    size_t key_bytes = 0, hash_bytes = 0;
    std::string salt;
  };
  explicit AgileLock(std::string where) : where_(std::move(where)) {}
  Result<Parameters> read_parameters(const pugi::xml_node& node) const;
  Status read_password_key(const pugi::xml_node& root);
  Status read_integrity(const pugi::xml_node& root);
  Status check_integrity(std::string_view package, const std::string& key) const;
  tl::unexpected<Error> unknown(std::string expected, std::string_view got) const;
  tl::unexpected<Error> damaged(const char* what) const;

  std::string where_;
  Parameters data_, password_;
  uint32_t n_rounds_ = 0;
  std::string verifier_, verifier_hash_, key_;  // encrypted with keys of the password
  std::string hmac_key_, hmac_;                 // encrypted with the package's key
};

}  // namespace hanok
