// SHA-256 through OpenSSL's EVP interface.
#include "base/sha256.h"

#include <algorithm>
#include <vector>

#include <openssl/evp.h>

#include "base/check.h"
#include "base/disk.h"
#include "base/locale.h"

namespace hanok {
namespace {

std::string hex_of(const std::array<uint8_t, 32>& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const uint8_t byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  HANOK_CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1, "no SHA-256 in OpenSSL");
}

void Sha256::update(std::span<const std::byte> bytes) {
  HANOK_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, "SHA-256 update failed");
}

Sha256 Sha256::copy() const {
  Sha256 other;
  HANOK_CHECK(EVP_MD_CTX_copy_ex(other.context_.get(), context_.get()) == 1, "SHA-256 copy failed");
  return other;
}

std::array<uint8_t, 32> Sha256::digest() {
  std::array<uint8_t, 32> digest{};
  HANOK_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1, "SHA-256 finish failed");
  return digest;
}

std::string Sha256::finish() {
  return hex_of(digest());
}

Result<std::array<uint8_t, 32>> digest_of_file(const std::filesystem::path& path,
                                               const std::function<bool(uint64_t)>& on_bytes) {
  HANOK_TRY(InFile file, InFile::open(path));
  std::vector<std::byte> buffer(size_t{1} << 20);
  Sha256 sha;
  uint64_t n_done = 0;
  while (true) {
    HANOK_TRY(const size_t n_read, file.read(buffer));
    if (n_read == 0) return sha.digest();
    sha.update(std::span(buffer).first(n_read));
    n_done += n_read;
    if (on_bytes && !on_bytes(n_done))
      return fail(ErrorKind::kInterrupted, in_language("확인하다 멈췄습니다", "stopped while verifying"),
                  path.string());
  }
}

Result<std::string> sha256_of_file(const std::filesystem::path& path, const std::function<bool(uint64_t)>& on_bytes) {
  HANOK_TRY(const auto digest, digest_of_file(path, on_bytes));
  return hex_of(digest);
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace hanok
