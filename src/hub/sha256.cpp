// SHA-256 through OpenSSL's EVP interface.
#include "hub/sha256.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "base/check.h"
#include "base/locale.h"
#include "hub/disk.h"

namespace hanok {

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

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned n_digest = 0;
  HANOK_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &n_digest) == 1, "SHA-256 finish failed");
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < n_digest; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

Result<std::string> sha256_of_file(const std::filesystem::path& path, const std::function<bool(uint64_t)>& on_bytes) {
  HANOK_TRY(InFile file, InFile::open(path));
  std::vector<std::byte> buffer(size_t{1} << 20);
  Sha256 sha;
  uint64_t n_done = 0;
  while (true) {
    HANOK_TRY(const size_t n_read, file.read(buffer));
    if (n_read == 0) return sha.finish();
    sha.update(std::span(buffer).first(n_read));
    n_done += n_read;
    if (on_bytes && !on_bytes(n_done))
      return fail(ErrorKind::kInterrupted, in_language("확인하다 멈췄습니다", "stopped while verifying"),
                  path.string());
  }
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace hanok
