#include "documents/locked_parts.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/locale.h"
#include "documents/cipher.h"
#include "documents/inflate.h"
#include "documents/limits.h"
#include "documents/passwords.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr const char* kManifest = "META-INF/manifest.xml";
constexpr size_t kBlockBytes = 16, kTagBytes = 16, kChecksumBytes = 32, kCheckedBytes = 1024;

// Hangul sums the text, others what they packed, with or without what pads it.
bool is_right(Hasher& hash, const PartLock& lock, std::string_view text, std::string_view packed) {
  if (lock.checksum.size() != kChecksumBytes) return true;  // of another kind: the stream was whole, which must do
  const auto n_padding = packed.empty() ? size_t{0} : static_cast<size_t>(static_cast<unsigned char>(packed.back()));
  const std::string_view unpadded = packed.substr(0, packed.size() - std::min(packed.size(), n_padding));
  for (const std::string_view each : {text, packed, unpadded})
    if (hash.of({each.substr(0, kCheckedBytes)}) == lock.checksum) return true;
  return false;
}

tl::unexpected<Error> damaged(const std::string& place) {
  return fail(ErrorKind::kCorruptFile, in_language("잠긴 내용이 깨졌습니다", "the locked content is damaged"), place);
}

}  // namespace

Result<LockedParts> LockedParts::open(ZipArchive& archive, const std::string& where,
                                      std::optional<std::string> password) {
  LockedParts parts(archive, where);
  if (!archive.has(kManifest)) return parts;
  HANOK_TRY(const std::string text, archive.read(kManifest));
  if (text.find("encryption-data") == std::string::npos) return parts;
  pugi::xml_document xml;
  HANOK_RETURN_IF_ERROR(parse_xml(xml, text, where + ": " + kManifest));
  if (!password) return password_needed(where);
  HANOK_TRY(Hasher hash, Hasher::open(EVP_sha256()));
  parts.start_key_ = hash.of({*password});
  for (const pugi::xml_node& entry : xml.document_element().children()) {
    const pugi::xml_node data = child_named(entry, "encryption-data");
    if (!data) continue;
    HANOK_TRY(PartLock lock, read_part_lock(data, where));
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

Status LockedParts::spend(const PartLock& lock, const std::string& place) {
  uint64_t& left = lock.derivation == PartLock::Derivation::kArgon2id ? argon2_left_ : pbkdf2_left_;
  if (left < lock.work())
    return fail(ErrorKind::kLimit, in_language("암호를 푸는 데 너무 오래 걸립니다", "unlocking it takes too long"),
                place);
  left -= lock.work();
  return {};
}

Result<std::optional<std::string>> LockedParts::open_with(const std::string& key, const std::string& bytes,
                                                          const PartLock& lock, const std::string& place) const {
  std::string packed;
  if (lock.cipher == PartLock::Cipher::kAes256Gcm) {
    const std::string_view sealed = std::string_view(bytes).substr(lock.iv.size());
    HANOK_TRY(auto opened, decrypt_sealed(EVP_aes_256_gcm(), key, lock.iv, sealed));
    if (!opened) return std::optional<std::string>();
    packed = std::move(*opened);
    HANOK_TRY(std::string text, inflate_raw(packed, kMaxPartBytes, place));
    return std::optional(std::move(text));
  }
  HANOK_TRY(packed, decrypt(EVP_aes_256_cbc(), key, lock.iv, bytes));
  // What pads the last block stays: it lies behind the deflate stream's end.
  auto text = inflate_raw(packed, kMaxPartBytes, place);
  if (!text && text.error().kind == ErrorKind::kLimit) return tl::unexpected(std::move(text.error()));
  HANOK_TRY(Hasher hash, Hasher::open(EVP_sha256()));
  if (!text || !is_right(hash, lock, *text, packed)) return std::optional<std::string>();
  return std::optional(std::move(*text));
}

// The manifest does not say which hash PBKDF2 uses: SHA-1 in version 1.2, SHA-256 in later ones.
Result<std::string> LockedParts::unlock(const std::string& name, const std::string& bytes, const PartLock& lock) {
  const std::string place = where_ + ": " + name;
  const bool is_whole = lock.cipher == PartLock::Cipher::kAes256Gcm
                            ? bytes.size() > lock.iv.size() + kTagBytes && bytes.starts_with(lock.iv)
                            : !bytes.empty() && bytes.size() % kBlockBytes == 0;
  if (!is_whole) return damaged(place);
  for (const Pbkdf2Hash hash : {Pbkdf2Hash::kSha1, Pbkdf2Hash::kSha256}) {
    HANOK_RETURN_IF_ERROR(spend(lock, place));
    const auto key = derive_part_key(lock, start_key_, hash);
    if (!key) return fail(key.error().in(place));
    HANOK_TRY(auto text, open_with(*key, bytes, lock, place));
    if (text) return std::move(*text);
    if (lock.derivation == PartLock::Derivation::kArgon2id) break;  // which has one hash alone
  }
  return password_wrong(where_);
}

}  // namespace hanok
