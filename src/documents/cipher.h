// OpenSSL's ciphers and hashes over strings, and the UTF-16 in which Microsoft and Hancom hash passwords.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "base/result.h"

namespace hanok {

// Whole blocks, without padding; of a last block that is not whole, nothing. The key has the cipher's size, the iv at
// least. Error: kUnsupported where OpenSSL does not have the cipher.
Result<std::string> decrypt(const EVP_CIPHER* cipher, std::string_view key, std::string_view iv,
                            std::string_view bytes);
Result<std::string> encrypt(const EVP_CIPHER* cipher, std::string_view key, std::string_view iv,
                            std::string_view bytes);

// `sealed` is what was encrypted and its tag of 16 bytes, as AES-GCM has it; nothing where key or content are others.
Result<std::optional<std::string>> decrypt_sealed(const EVP_CIPHER* cipher, std::string_view key, std::string_view iv,
                                                  std::string_view sealed);

// A hash that is taken many times.
class Hasher {
 public:
  // Error: kUnsupported where OpenSSL does not have it.
  static Result<Hasher> open(const EVP_MD* kind);

  size_t n_bytes() const;
  // Of all the parts, one after the other.
  std::string of(std::initializer_list<std::string_view> parts);

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const;
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

// `value` in four bytes, little-endian.
std::string bytes_of_u32(uint32_t value);

// Valid UTF-8 as UTF-16LE; what is not valid becomes U+FFFD.
std::string utf16le_of_utf8(std::string_view text);

}  // namespace hanok
