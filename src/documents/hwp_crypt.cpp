#include "documents/hwp_crypt.h"

#include <openssl/evp.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/cipher.h"
#include "documents/hwp_records.h"

namespace hanok {
namespace {

constexpr size_t kKeyBytes = 16;
constexpr size_t kDistributionBytes = 256;
constexpr uint8_t kPasswordSeed = 236;
constexpr std::string_view kNoIv("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);

// Each byte of the password comes after its predecessor turned left by one bit; SHA-1's first half is the key.
Result<std::string> password_key(const std::string& password) {
  std::string turned;
  uint8_t before = kPasswordSeed;
  for (const char c : password) {
    turned += static_cast<char>((before << 1) | (before >> 7));
    turned += c;
    before = static_cast<uint8_t>(c);
  }
  HANOK_TRY(Hasher hash, Hasher::open(EVP_sha1()));
  return hash.of({turned}).substr(0, kKeyBytes);
}

// The 256 bytes of the first record without their disguise, which a random generator of Microsoft's C library made.
std::string undisguise(std::string data) {
  uint32_t state = read_u32(data, 0);
  const auto random = [&state] {
    state = state * 214013u + 2531011u;
    return (state >> 16) & 0x7FFF;
  };
  uint32_t n_left = 0, mask = 0;
  for (size_t i = 0; i < data.size(); ++i, --n_left) {
    if (n_left == 0) {
      mask = random() & 0xFF;
      n_left = (random() & 0xF) + 1;
    }
    if (i >= 4) data[i] = static_cast<char>(static_cast<uint8_t>(data[i]) ^ mask);
  }
  return data;
}

}  // namespace

Result<std::string> decrypt_distribution(std::string_view stream, const std::string& where) {
  const uint32_t header = read_u32(stream, 0);
  const bool is_first = (header & 0x3FF) == kHwpDistributeDocData && header >> 20 == kDistributionBytes;
  if (!is_first || stream.size() < 4 + kDistributionBytes) {
    return fail(ErrorKind::kCorruptFile,
                in_language("배포용 문서의 열쇠가 없습니다", "the distribution document has no key"), where);
  }
  const std::string data = undisguise(std::string(stream.substr(4, kDistributionBytes)));
  const std::string_view key = std::string_view(data).substr(4 + (static_cast<uint8_t>(data[0]) & 15u), kKeyBytes);
  std::string_view rest = stream.substr(4 + kDistributionBytes);
  rest = rest.substr(0, rest.size() / 16 * 16);
  return decrypt(EVP_aes_128_ecb(), key, "", rest);
}

Result<std::string> decrypt_hwp_password(std::string_view stream, const std::string& password) {
  HANOK_TRY(const std::string key, password_key(password));
  return decrypt(EVP_aes_128_cfb1(), key, kNoIv, stream);
}

Result<std::string> encrypt_hwp_password(std::string_view stream, const std::string& password) {
  HANOK_TRY(const std::string key, password_key(password));
  return encrypt(EVP_aes_128_cfb1(), key, kNoIv, stream);
}

}  // namespace hanok
