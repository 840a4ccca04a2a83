#include "documents/office_agile.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/locale.h"
#include "documents/base64.h"
#include "documents/bytes.h"
#include "documents/cipher.h"
#include "documents/office_package.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr size_t kXmlAt = 8, kBlockBytes = 16, kSegmentBytes = 4096;
constexpr int64_t kMaxRounds = 10'000'000;  // as the specification has it; some seconds
constexpr size_t kMaxSaltBytes = 65536;

// What tells the keys and vectors of one password or package apart.
constexpr std::string_view kForVerifier = "\xFE\xA7\xD2\x76\x3B\x4B\x9E\x79";
constexpr std::string_view kForVerifierHash = "\xD7\xAA\x0F\x6D\x30\x61\x34\x4E";
constexpr std::string_view kForKey = "\x14\x6E\x0B\xE7\xAB\xAC\xD0\xD6";
constexpr std::string_view kForHmacKey = "\x5F\xB2\xAD\x01\x0C\xB9\xE1\xF6";
constexpr std::string_view kForHmac = "\xA0\x67\x7F\x02\xB2\x2C\x84\x33";

size_t whole_blocks(size_t n_bytes) {
  return (n_bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

// Cut, or filled up, to what a key or a vector has.
std::string fit(std::string bytes, size_t n_bytes) {
  bytes.resize(n_bytes, '\x36');
  return bytes;
}

const EVP_MD* hash_named(std::string_view name) {
  if (name == "SHA1" || name == "SHA-1") return EVP_sha1();
  if (name == "SHA256" || name == "SHA-256") return EVP_sha256();
  if (name == "SHA384" || name == "SHA-384") return EVP_sha384();
  if (name == "SHA512" || name == "SHA-512") return EVP_sha512();
  return nullptr;
}

const EVP_CIPHER* aes_cbc(int64_t n_bits) {
  if (n_bits == 128) return EVP_aes_128_cbc();
  if (n_bits == 192) return EVP_aes_192_cbc();
  return n_bits == 256 ? EVP_aes_256_cbc() : nullptr;
}

pugi::xml_node password_encryptor(const pugi::xml_node& root) {
  for (const pugi::xml_node& each : child_named(root, "keyEncryptors").children())
    if (attribute(each, "uri").ends_with("/keyEncryptor/password")) return child_named(each, "encryptedKey");
  return {};
}

}  // namespace

tl::unexpected<Error> AgileLock::unknown(std::string expected, std::string_view got) const {
  return fail(ErrorKind::kUnsupported, in_language("모르는 방식으로 잠긴 문서입니다", "locked in an unknown way"),
              where_, std::move(expected), cleaned_text(got));
}

tl::unexpected<Error> AgileLock::damaged(const char* what) const {
  return fail(ErrorKind::kCorruptFile, in_language("암호에 관한 정보가 깨졌습니다", "how it is encrypted is damaged"),
              where_, "", what);
}

Result<AgileLock> AgileLock::read(std::string_view info, const std::string& where) {
  AgileLock lock(where);
  pugi::xml_document xml;
  HANOK_RETURN_IF_ERROR(parse_xml(xml, std::string(slice(info, kXmlAt, info.size())), where));
  const pugi::xml_node root = xml.document_element();
  HANOK_TRY(lock.data_, lock.read_parameters(child_named(root, "keyData")));
  HANOK_RETURN_IF_ERROR(lock.read_password_key(root));
  HANOK_RETURN_IF_ERROR(lock.read_integrity(root));
  return lock;
}

Result<AgileLock::Parameters> AgileLock::read_parameters(const pugi::xml_node& node) const {
  if (!node) return damaged("keyData");
  if (const auto cipher = attribute(node, "cipherAlgorithm"); cipher != "AES") return unknown("AES", cipher);
  if (const auto chaining = attribute(node, "cipherChaining"); chaining != "ChainingModeCBC")
    return unknown("ChainingModeCBC", chaining);
  Parameters out;
  const int64_t n_bits = number_attribute(node, "keyBits");
  out.cipher = aes_cbc(n_bits);
  if (out.cipher == nullptr || number_attribute(node, "blockSize") != static_cast<int64_t>(kBlockBytes))
    return damaged("keyBits, blockSize");
  out.key_bytes = static_cast<size_t>(n_bits / 8);
  out.hash = hash_named(attribute(node, "hashAlgorithm"));
  if (out.hash == nullptr) return unknown("SHA1, SHA256, SHA384, SHA512", attribute(node, "hashAlgorithm"));
  out.hash_bytes = static_cast<size_t>(EVP_MD_get_size(out.hash));
  if (number_attribute(node, "hashSize") != static_cast<int64_t>(out.hash_bytes)) return damaged("hashSize");
  out.salt = bytes_of_base64(attribute(node, "saltValue"));
  if (out.salt.empty() || out.salt.size() > kMaxSaltBytes ||
      number_attribute(node, "saltSize") != static_cast<int64_t>(out.salt.size()))
    return damaged("saltValue");
  return out;
}

Status AgileLock::read_password_key(const pugi::xml_node& root) {
  const pugi::xml_node node = password_encryptor(root);
  if (!node)
    return fail(ErrorKind::kProtected,
                in_language("암호가 아니라 인증서로 잠긴 문서입니다", "locked with a certificate, not a password"),
                where_);
  HANOK_TRY(password_, read_parameters(node));
  const int64_t n_rounds = number_attribute(node, "spinCount", -1);
  if (n_rounds < 0) return damaged("spinCount");
  if (n_rounds > kMaxRounds)
    return fail(ErrorKind::kLimit, in_language("암호를 푸는 데 너무 오래 걸립니다", "unlocking it takes too long"),
                where_, fmt::format(fmt::runtime(in_language("최대 {}번", "at most {} rounds")), kMaxRounds),
                fmt::format("spinCount {}", n_rounds));
  n_rounds_ = static_cast<uint32_t>(n_rounds);
  verifier_ = bytes_of_base64(attribute(node, "encryptedVerifierHashInput"));
  verifier_hash_ = bytes_of_base64(attribute(node, "encryptedVerifierHashValue"));
  key_ = bytes_of_base64(attribute(node, "encryptedKeyValue"));
  if (verifier_.size() != whole_blocks(password_.salt.size())) return damaged("encryptedVerifierHashInput");
  if (verifier_hash_.size() != whole_blocks(password_.hash_bytes)) return damaged("encryptedVerifierHashValue");
  if (key_.size() != whole_blocks(data_.key_bytes)) return damaged("encryptedKeyValue");
  return {};
}

Status AgileLock::read_integrity(const pugi::xml_node& root) {
  const pugi::xml_node node = child_named(root, "dataIntegrity");
  hmac_key_ = bytes_of_base64(attribute(node, "encryptedHmacKey"));
  hmac_ = bytes_of_base64(attribute(node, "encryptedHmacValue"));
  const size_t n_bytes = whole_blocks(data_.hash_bytes);
  if (hmac_key_.size() != n_bytes || hmac_.size() != n_bytes) return damaged("dataIntegrity");
  return {};
}

Result<std::optional<std::string>> AgileLock::key_of(std::string_view password) const {
  HANOK_TRY(Hasher hash, Hasher::open(password_.hash));
  const std::string spun = spun_hash(hash, password_.salt, password, n_rounds_);
  const auto opened = [&](std::string_view purpose, const std::string& locked) {
    return decrypt(password_.cipher, fit(hash.of({spun, purpose}), password_.key_bytes),
                   fit(password_.salt, kBlockBytes), locked);
  };
  HANOK_TRY(const std::string verifier, opened(kForVerifier, verifier_));
  HANOK_TRY(const std::string verifier_hash, opened(kForVerifierHash, verifier_hash_));
  const std::string wanted = verifier_hash.substr(0, password_.hash_bytes);
  if (hash.of({verifier.substr(0, password_.salt.size())}) != wanted) return std::optional<std::string>();
  HANOK_TRY(const std::string key, opened(kForKey, key_));
  return std::optional(key.substr(0, data_.key_bytes));
}

Status AgileLock::check_integrity(std::string_view package, const std::string& key) const {
  HANOK_TRY(Hasher hash, Hasher::open(data_.hash));
  const auto opened = [&](std::string_view purpose, const std::string& locked) {
    return decrypt(data_.cipher, key, fit(hash.of({data_.salt, purpose}), kBlockBytes), locked);
  };
  HANOK_TRY(const std::string hmac_key, opened(kForHmacKey, hmac_key_));
  HANOK_TRY(const std::string wanted, opened(kForHmac, hmac_));
  std::string sum(data_.hash_bytes, '\0');
  if (HMAC(data_.hash, hmac_key.data(), static_cast<int>(data_.hash_bytes),
           reinterpret_cast<const unsigned char*>(package.data()), package.size(),
           reinterpret_cast<unsigned char*>(sum.data()), nullptr) == nullptr)
    throw std::bad_alloc();
  if (sum == wanted.substr(0, data_.hash_bytes)) return {};
  return fail(ErrorKind::kCorruptFile,
              in_language("잠긴 내용이 바뀌었거나 깨졌습니다", "the locked content was changed or is damaged"), where_,
              "", "dataIntegrity");
}

Result<std::string> AgileLock::open(std::string_view package, const std::string& key) const {
  HANOK_RETURN_IF_ERROR(check_integrity(package, key));
  HANOK_TRY(const size_t n_bytes, office_package_bytes(package, where_));
  HANOK_TRY(Hasher hash, Hasher::open(data_.hash));
  std::string_view rest = package.substr(kOfficePackageHeader);
  std::string out;
  out.reserve(whole_blocks(n_bytes));
  for (uint32_t i = 0; out.size() < n_bytes; ++i) {
    const std::string iv = fit(hash.of({data_.salt, bytes_of_u32(i)}), kBlockBytes);
    HANOK_TRY(const std::string segment, decrypt(data_.cipher, key, iv, rest.substr(0, kSegmentBytes)));
    out += segment;
    rest.remove_prefix(std::min(kSegmentBytes, rest.size()));
  }
  out.resize(n_bytes);
  return out;
}

}  // namespace hanok
