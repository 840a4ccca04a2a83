#include "documents/office_standard.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/cipher.h"
#include "documents/office_package.h"

namespace hanok {
namespace {

constexpr uint32_t kRounds = 50000;
constexpr size_t kHeaderBytesAt = 8, kHeaderAt = 12, kLeastHeaderBytes = 32;
constexpr size_t kCipherAt = 8, kHashAt = 12, kKeyBitsAt = 16;  // in the header
constexpr size_t kSaltAt = 4, kVerifierAt = 20, kHashBytesAt = 36, kVerifierHashAt = 40, kVerifierBytes = 72;
constexpr size_t kSaltBytes = 16, kHashBytes = 20, kLockedHashBytes = 32;
constexpr uint32_t kIsExternal = 0x10, kIsAes = 0x20;  // flags
constexpr uint32_t kByFlags = 0, kSha1 = 0x8004;

struct Aes {
  uint32_t id;
  uint32_t n_bits;
};
constexpr Aes kAes[] = {{0x660E, 128}, {0x660F, 192}, {0x6610, 256}};

const EVP_CIPHER* aes_ecb(uint32_t id, uint32_t n_bits) {
  for (const Aes& each : kAes) {
    if ((id != each.id && id != kByFlags) || n_bits != each.n_bits) continue;
    return n_bits == 128 ? EVP_aes_128_ecb() : n_bits == 192 ? EVP_aes_192_ecb() : EVP_aes_256_ecb();
  }
  return nullptr;
}

// CryptDeriveKey of Windows: the hash, widened by hashing it within two fillings.
std::string derive_key(Hasher& hash, std::string_view value, size_t n_bytes) {
  std::string inner(64, '\x36'), outer(64, '\x5C');
  for (size_t i = 0; i < value.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ value[i]);
    outer[i] = static_cast<char>(outer[i] ^ value[i]);
  }
  return (hash.of({inner}) + hash.of({outer})).substr(0, n_bytes);
}

tl::unexpected<Error> damaged(const std::string& where) {
  return fail(ErrorKind::kCorruptFile, in_language("암호에 관한 정보가 깨졌습니다", "how it is encrypted is damaged"),
              where);
}

}  // namespace

Result<StandardLock> StandardLock::read(std::string_view info, const std::string& where) {
  const uint32_t flags = read_u32(info, 4);
  const size_t header_bytes = read_u32(info, kHeaderBytesAt);
  const std::string_view header = slice(info, kHeaderAt, header_bytes);
  const std::string_view verifier = slice(info, kHeaderAt + header_bytes, kVerifierBytes);
  const uint32_t id = read_u32(header, kCipherAt), hash_id = read_u32(header, kHashAt),
                 n_bits = read_u32(header, kKeyBitsAt);
  if (header.size() < kLeastHeaderBytes) return damaged(where);
  const bool is_aes = (flags & (kIsAes | kIsExternal)) == kIsAes && (hash_id == kSha1 || hash_id == kByFlags);
  StandardLock lock;
  lock.where_ = where;
  lock.cipher_ = is_aes ? aes_ecb(id, n_bits) : nullptr;
  if (lock.cipher_ == nullptr)
    return fail(ErrorKind::kUnsupported, in_language("모르는 방식으로 잠긴 문서입니다", "locked in an unknown way"),
                where, "AES, SHA-1", fmt::format("{:#x}, {:#x}, {} bits, flags {:#x}", id, hash_id, n_bits, flags));
  if (verifier.size() != kVerifierBytes || read_u32(verifier, 0) != kSaltBytes ||
      read_u32(verifier, kHashBytesAt) != kHashBytes)
    return damaged(where);
  lock.key_bytes_ = n_bits / 8;
  lock.salt_ = verifier.substr(kSaltAt, kSaltBytes);
  lock.verifier_ = verifier.substr(kVerifierAt, kHashBytesAt - kVerifierAt);
  lock.verifier_hash_ = verifier.substr(kVerifierHashAt, kLockedHashBytes);
  return lock;
}

uint32_t StandardLock::n_rounds() const {
  return kRounds;
}

Result<std::optional<std::string>> StandardLock::key_of(std::string_view password) const {
  HANOK_TRY(Hasher hash, Hasher::open(EVP_sha1()));
  const std::string spun = spun_hash(hash, salt_, password, kRounds);
  const std::string key = derive_key(hash, hash.of({spun, bytes_of_u32(0)}), key_bytes_);
  HANOK_TRY(const std::string verifier, decrypt(cipher_, key, "", verifier_));
  HANOK_TRY(const std::string verifier_hash, decrypt(cipher_, key, "", verifier_hash_));
  if (hash.of({verifier}) != verifier_hash.substr(0, kHashBytes)) return std::optional<std::string>();
  return std::optional(key);
}

Result<std::string> StandardLock::open(std::string_view package, const std::string& key) const {
  HANOK_TRY(const size_t n_bytes, office_package_bytes(package, where_));
  HANOK_TRY(std::string out, decrypt(cipher_, key, "", package.substr(kOfficePackageHeader)));
  out.resize(n_bytes);
  return out;
}

}  // namespace hanok
