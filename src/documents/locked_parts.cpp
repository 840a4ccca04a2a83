#include "documents/locked_parts.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/locale.h"
#include "documents/base64.h"
#include "documents/bytes.h"
#include "documents/inflate.h"
#include "documents/limits.h"
#include "documents/passwords.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr const char* kManifest = "META-INF/manifest.xml";
constexpr size_t kKeyBytes = 32, kBlockBytes = 16, kChecksumBytes = 32, kCheckedBytes = 1024;
constexpr uint64_t kMaxRounds = 5'000'000;  // for all parts together; some seconds

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

unsigned char* raw(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string sha256(std::string_view bytes) {
  std::string out(kChecksumBytes, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), raw(out), nullptr, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  return out;
}

std::string derive_key(const std::string& start_key, const PartLock& lock, const EVP_MD* hash) {
  std::string key(kKeyBytes, '\0');
  const auto n_rounds = static_cast<int>(lock.n_rounds);
  if (PKCS5_PBKDF2_HMAC(start_key.data(), static_cast<int>(start_key.size()), raw(std::string_view(lock.salt)),
                        static_cast<int>(lock.salt.size()), n_rounds, hash, static_cast<int>(kKeyBytes), raw(key)) != 1)
    throw std::bad_alloc();
  return key;
}

// Whole blocks; what pads the last one stays, for it lies behind the deflate stream's end.
std::string decrypt(std::string_view bytes, const std::string& key, const std::string& iv) {
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  if (!context || EVP_DecryptInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, raw(std::string_view(key)),
                                     raw(std::string_view(iv))) != 1)
    throw std::bad_alloc();
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  std::string out(bytes.size() + kBlockBytes, '\0');
  size_t n_out = 0;
  constexpr size_t kStep = size_t{1} << 20;  // OpenSSL counts in int
  for (size_t at = 0; at < bytes.size(); at += kStep) {
    const std::string_view part = bytes.substr(at, kStep);
    int n = 0;
    if (EVP_DecryptUpdate(context.get(), raw(out) + n_out, &n, raw(part), static_cast<int>(part.size())) != 1)
      throw std::bad_alloc();
    n_out += static_cast<size_t>(n);
  }
  out.resize(n_out);
  return out;
}

// Hangul sums the text, others what they packed, with or without what pads it.
bool is_right(const PartLock& lock, std::string_view text, std::string_view packed) {
  if (lock.checksum.size() != kChecksumBytes) return true;  // of another kind: the stream was whole, which must do
  const auto n_padding = packed.empty() ? size_t{0} : static_cast<size_t>(static_cast<unsigned char>(packed.back()));
  const std::string_view unpadded = packed.substr(0, packed.size() - std::min(packed.size(), n_padding));
  for (const std::string_view each : {text, packed, unpadded})
    if (sha256(each.substr(0, kCheckedBytes)) == lock.checksum) return true;
  return false;
}

tl::unexpected<Error> unknown_lock(const std::string& where, std::string_view got) {
  return fail(ErrorKind::kUnsupported, in_language("모르는 방식으로 잠긴 문서입니다", "locked in an unknown way"),
              where, "PBKDF2, AES-256-CBC", cleaned_text(got));
}

Result<PartLock> read_lock(const pugi::xml_node& data, const std::string& where) {
  const pugi::xml_node algorithm = child_named(data, "algorithm"), derivation = child_named(data, "key-derivation"),
                       start = child_named(data, "start-key-generation");
  const std::string_view cipher = attribute(algorithm, "algorithm-name");
  if (!cipher.ends_with("#aes256-cbc")) return unknown_lock(where, cipher);
  if (const std::string_view name = attribute(derivation, "key-derivation-name");
      !name.ends_with("PBKDF2") && !name.ends_with("pbkdf2"))
    return unknown_lock(where, name);
  if (const std::string_view name = attribute(start, "start-key-generation-name"); !name.ends_with("#sha256"))
    return unknown_lock(where, name);
  PartLock lock;
  lock.checksum =
      attribute(data, "checksum-type").ends_with("#sha256-1k") ? bytes_of_base64(attribute(data, "checksum")) : "";
  lock.iv = bytes_of_base64(attribute(algorithm, "initialisation-vector"));
  lock.salt = bytes_of_base64(attribute(derivation, "salt"));
  const int64_t n_rounds = number_attribute(derivation, "iteration-count", 0);
  const bool is_sound = lock.iv.size() == kBlockBytes && !lock.salt.empty() && lock.salt.size() <= 1024 &&
                        n_rounds > 0 && n_rounds <= static_cast<int64_t>(kMaxRounds) &&
                        number_attribute(derivation, "key-size", 32) == 32;
  if (!is_sound) return unknown_lock(where, fmt::format("iteration-count {}", n_rounds));
  lock.n_rounds = static_cast<uint32_t>(n_rounds);
  return lock;
}

}  // namespace

Result<LockedParts> LockedParts::open(ZipArchive& archive, const std::string& where,
                                      std::optional<std::string> password) {
  LockedParts parts(archive, where);
  parts.n_rounds_left_ = kMaxRounds;
  if (!archive.has(kManifest)) return parts;
  HANOK_TRY(const std::string text, archive.read(kManifest));
  if (text.find("encryption-data") == std::string::npos) return parts;
  pugi::xml_document xml;
  HANOK_RETURN_IF_ERROR(parse_xml(xml, text, where + ": " + kManifest));
  if (!password) return password_needed(where);
  parts.start_key_ = sha256(*password);
  for (const pugi::xml_node& entry : xml.document_element().children()) {
    const pugi::xml_node data = child_named(entry, "encryption-data");
    if (!data) continue;
    HANOK_TRY(PartLock lock, read_lock(data, where));
    parts.locks_.emplace(attribute(entry, "full-path"), std::move(lock));
  }
  return parts;
}

Result<std::string> LockedParts::read(const std::string& name) {
  HANOK_TRY(std::string bytes, archive_->read(name));
  const auto lock = locks_.find(name);
  if (lock == locks_.end()) return bytes;
  return unlock(name, bytes, lock->second);
}

// The manifest does not say which hash PBKDF2 uses: SHA-1 in version 1.2, SHA-256 in later ones.
Result<std::string> LockedParts::unlock(const std::string& name, const std::string& bytes, const PartLock& lock) {
  const std::string place = where_ + ": " + name;
  if (bytes.empty() || bytes.size() % kBlockBytes != 0)
    return fail(ErrorKind::kCorruptFile, in_language("잠긴 내용이 깨졌습니다", "the locked content is damaged"), place);
  for (const EVP_MD* hash : {EVP_sha1(), EVP_sha256()}) {
    if (n_rounds_left_ < lock.n_rounds)
      return fail(ErrorKind::kLimit, in_language("암호를 푸는 데 너무 오래 걸립니다", "unlocking it takes too long"),
                  place, fmt::format(fmt::runtime(in_language("최대 {}번", "at most {} rounds")), kMaxRounds));
    n_rounds_left_ -= lock.n_rounds;
    const std::string packed = decrypt(bytes, derive_key(start_key_, lock, hash), lock.iv);
    auto text = inflate_raw(packed, kMaxPartBytes, place);
    if (text && is_right(lock, *text, packed)) return text;
    if (!text && text.error().kind == ErrorKind::kLimit) return text;
  }
  return password_wrong(where_);
}

}  // namespace hanok
