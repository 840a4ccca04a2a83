#include "documents/hwp3_crypt.h"

#include <array>

#include <openssl/evp.h>
#include <zlib.h>

#include "documents/bytes.h"
#include "documents/cipher.h"
#include "documents/inflate.h"
#include "documents/limits.h"
#include "documents/passwords.h"

namespace hanok {
namespace {

constexpr size_t kBlockBytes = 8;
constexpr size_t kPrefixBytes = 256;  // made of the password, before the body

// The password's UTF-16 goes round seven bytes, each turned left by one bit; their 56 bits are the upper seven of each
// byte of the key.
std::string des_key(const std::string& password) {
  std::array<uint8_t, 7> ring{};
  size_t n_units = 0;
  for (const char c : utf16le_of_utf8(password)) {
    uint8_t& slot = ring[n_units++ % ring.size()];
    const auto mixed = static_cast<uint8_t>(slot ^ static_cast<uint8_t>(c));
    slot = static_cast<uint8_t>(mixed << 1 | mixed >> 7);
  }
  uint64_t bits = 0;
  for (const uint8_t each : ring) bits = bits << 8 | each;
  std::string key(kBlockBytes, '\0');
  for (size_t i = 0; i < kBlockBytes; ++i) key[i] = static_cast<char>((bits >> (49 - 7 * i) & 0x7F) << 1);
  return key;
}

bool has_right_sum(const Inflated& body) {
  if (body.rest.size() < 8 || body.bytes.size() <= kPrefixBytes) return false;
  const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(body.bytes.data()), body.bytes.size());
  return read_u32(body.rest, 0) == sum && read_u32(body.rest, 4) == static_cast<uint32_t>(body.bytes.size());
}

}  // namespace

Result<std::string> unlock_hwp3_body(std::string_view locked, const std::string& password, const std::string& where) {
  const std::string key = des_key(password);
  locked = locked.substr(0, locked.size() / kBlockBytes * kBlockBytes);
  // OpenSSL 3 has no single DES outside its legacy provider; three times the same key is that.
  HANOK_TRY(const std::string packed, decrypt(EVP_des_ede3_ecb(), key + key + key, "", locked));
  const auto body = inflate_raw_part(packed, kMaxPartBytes, where);
  if (!body && body.error().kind != ErrorKind::kCorruptFile) return tl::unexpected(body.error());
  if (!body || !has_right_sum(*body)) return password_wrong(where);
  return body->bytes.substr(kPrefixBytes);
}

}  // namespace hanok
