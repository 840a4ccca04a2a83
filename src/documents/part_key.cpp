#include "documents/part_key.h"

#include <new>

#include <argon2.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/locale.h"
#include "documents/base64.h"
#include "documents/bytes.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr size_t kKeyBytes = 32, kCbcIvBytes = 16, kGcmIvBytes = 12, kMaxSaltBytes = 1024;

tl::unexpected<Error> unknown_lock(const std::string& where, std::string_view got) {
  return fail(ErrorKind::kUnsupported, in_language("모르는 방식으로 잠긴 문서입니다", "locked in an unknown way"),
              where, "PBKDF2, Argon2id, AES-256-CBC, AES-256-GCM", cleaned_text(got));
}

// A number of the manifest from 1 to `max`; 0 for anything else.
uint32_t number_up_to(const pugi::xml_node& node, std::string_view name, uint64_t max) {
  const int64_t value = number_attribute(node, name, 0);
  return value > 0 && static_cast<uint64_t>(value) <= max ? static_cast<uint32_t>(value) : 0;
}

bool read_derivation(const pugi::xml_node& node, PartLock& out) {
  const std::string_view name = attribute(node, "key-derivation-name");
  if (name.ends_with("PBKDF2") || name.ends_with("pbkdf2")) {
    out.n_rounds = number_up_to(node, "iteration-count", kMaxPbkdf2Rounds);
    return out.n_rounds > 0;
  }
  // Named in an experimental way by LibreOffice 24.8 and by OpenDocument's future.
  if (!name.ends_with("#argon2id") && !name.ends_with(":argon2id")) return false;
  out.derivation = PartLock::Derivation::kArgon2id;
  out.n_rounds = number_up_to(node, "argon2-iterations", kMaxArgon2Work);
  out.memory_kib = number_up_to(node, "argon2-memory", kMaxArgon2Memory);
  out.n_lanes = number_up_to(node, "argon2-lanes", kMaxArgon2Memory / 8);
  return out.n_rounds > 0 && out.memory_kib > 0 && out.n_lanes > 0 && out.work() <= kMaxArgon2Work;
}

Result<std::string> argon2id_key(const PartLock& lock, const std::string& start_key) {
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));  // only read
  };
  std::string key(kKeyBytes, '\0');
  argon2_context context{};
  context.out = bytes(key);
  context.outlen = static_cast<uint32_t>(key.size());
  context.pwd = bytes(start_key);
  context.pwdlen = static_cast<uint32_t>(start_key.size());
  context.salt = bytes(lock.salt);
  context.saltlen = static_cast<uint32_t>(lock.salt.size());
  context.t_cost = lock.n_rounds;
  context.m_cost = lock.memory_kib;
  context.lanes = lock.n_lanes;
  context.threads = 1;  // does not change the key
  context.version = ARGON2_VERSION_13;
  const int code = argon2id_ctx(&context);
  if (code == ARGON2_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  if (code != ARGON2_OK) return unknown_lock("", argon2_error_message(code));
  return key;
}

}  // namespace

uint64_t PartLock::work() const {
  return derivation == Derivation::kArgon2id ? uint64_t{n_rounds} * memory_kib : n_rounds;
}

Result<PartLock> read_part_lock(const pugi::xml_node& data, const std::string& where) {
  const pugi::xml_node algorithm = child_named(data, "algorithm"), derivation = child_named(data, "key-derivation"),
                       start = child_named(data, "start-key-generation");
  PartLock lock;
  const std::string_view cipher = attribute(algorithm, "algorithm-name");
  if (cipher.ends_with("#aes256-gcm"))
    lock.cipher = PartLock::Cipher::kAes256Gcm;
  else if (!cipher.ends_with("#aes256-cbc"))
    return unknown_lock(where, cipher);
  if (const std::string_view name = attribute(start, "start-key-generation-name"); !name.ends_with("#sha256"))
    return unknown_lock(where, name);
  if (attribute(data, "checksum-type").ends_with("#sha256-1k"))
    lock.checksum = bytes_of_base64(attribute(data, "checksum"));
  lock.iv = bytes_of_base64(attribute(algorithm, "initialisation-vector"));
  lock.salt = bytes_of_base64(attribute(derivation, "salt"));
  const size_t iv_bytes = lock.cipher == PartLock::Cipher::kAes256Gcm ? kGcmIvBytes : kCbcIvBytes;
  const bool is_sound = read_derivation(derivation, lock) && lock.iv.size() == iv_bytes && !lock.salt.empty() &&
                        lock.salt.size() <= kMaxSaltBytes &&
                        number_attribute(derivation, "key-size", kKeyBytes) == static_cast<int64_t>(kKeyBytes);
  if (is_sound) return lock;
  return unknown_lock(
      where,
      fmt::format("{}, iteration-count {}, argon2 {} × {} KiB, {} lanes", attribute(derivation, "key-derivation-name"),
                  attribute(derivation, "iteration-count"), attribute(derivation, "argon2-iterations"),
                  attribute(derivation, "argon2-memory"), attribute(derivation, "argon2-lanes")));
}

Result<std::string> derive_part_key(const PartLock& lock, const std::string& start_key, Pbkdf2Hash hash) {
  if (lock.derivation == PartLock::Derivation::kArgon2id) return argon2id_key(lock, start_key);
  std::string key(kKeyBytes, '\0');
  if (PKCS5_PBKDF2_HMAC(start_key.data(), static_cast<int>(start_key.size()),
                        reinterpret_cast<const unsigned char*>(lock.salt.data()), static_cast<int>(lock.salt.size()),
                        static_cast<int>(lock.n_rounds), hash == Pbkdf2Hash::kSha1 ? EVP_sha1() : EVP_sha256(),
                        static_cast<int>(kKeyBytes), reinterpret_cast<unsigned char*>(key.data())) != 1)
    throw std::bad_alloc();
  return key;
}

}  // namespace hanok
