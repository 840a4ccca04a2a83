// How a part of an archive is locked as META-INF/manifest.xml says, and the key that a password makes for it.
#pragma once

#include <cstdint>
#include <string>

#include <pugixml.hpp>

#include "base/result.h"

namespace hanok {

// What a hostile file may cost, for all its parts together: some seconds.
inline constexpr uint64_t kMaxPbkdf2Rounds = 5'000'000;
inline constexpr uint64_t kMaxArgon2Memory = uint64_t{512} << 10;  // KiB at once; LibreOffice takes 64 MiB
inline constexpr uint64_t kMaxArgon2Work = uint64_t{2} << 20;      // KiB times passes; LibreOffice's are 192 MiB

// Over the password's SHA-256; below the cipher lies a deflate stream.
struct PartLock {
  enum class Cipher { kAes256Cbc, kAes256Gcm };
  enum class Derivation { kPbkdf2, kArgon2id };
  Cipher cipher = Cipher::kAes256Cbc;
  Derivation derivation = Derivation::kPbkdf2;
  std::string checksum;  // of Hangul's and LibreOffice's kind for CBC; empty where there is none
  std::string iv, salt;
  uint32_t n_rounds = 0;                 // of either derivation
  uint32_t memory_kib = 0, n_lanes = 0;  // of Argon2id

  // Against kMaxPbkdf2Rounds or kMaxArgon2Work.
  uint64_t work() const;
};

// Of an element encryption-data. Error: kUnsupported for other ciphers, and where its numbers make no sense or cost too
// much.
Result<PartLock> read_part_lock(const pugi::xml_node& data, const std::string& where);

enum class Pbkdf2Hash { kSha1, kSha256 };
// 32 bytes. The hash is that of PBKDF2, which the manifest does not tell. Error: kUnsupported for what Argon2 refuses.
Result<std::string> derive_part_key(const PartLock& lock, const std::string& start_key, Pbkdf2Hash hash);

}  // namespace hanok
