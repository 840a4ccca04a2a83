#include "documents/hwp_crypt.h"

#include <array>
#include <memory>

#include <openssl/evp.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/hwp_records.h"

namespace hanok {
namespace {

constexpr size_t kKeyBytes = 16;
constexpr size_t kDistributionBytes = 256;
constexpr uint8_t kPasswordSeed = 236;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

tl::unexpected<Error> cipher_failed() {
  return fail(ErrorKind::kUnsupported, in_language("OpenSSL이 AES를 하지 못합니다", "OpenSSL cannot do AES here"));
}

Result<std::string> run_cipher(const EVP_CIPHER* cipher, std::string_view key, std::string_view bytes, bool encrypts) {
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  if (!context) throw std::bad_alloc();
  const std::array<unsigned char, 16> iv{};
  const auto* key_bytes = reinterpret_cast<const unsigned char*>(key.data());
  if (EVP_CipherInit_ex(context.get(), cipher, nullptr, key_bytes, iv.data(), encrypts ? 1 : 0) != 1)
    return cipher_failed();
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  std::string out(bytes.size() + 16, '\0');
  size_t n_out = 0;
  constexpr size_t kStep = size_t{1} << 20;  // OpenSSL counts in int
  for (size_t at = 0; at < bytes.size(); at += kStep) {
    const std::string_view part = bytes.substr(at, kStep);
    int n = 0;
    if (EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()) + n_out, &n,
                         reinterpret_cast<const unsigned char*>(part.data()), static_cast<int>(part.size())) != 1)
      return cipher_failed();
    n_out += static_cast<size_t>(n);
  }
  out.resize(n_out);
  return out;
}

// Each byte of the password comes after its predecessor turned left by one bit; SHA-1's first half is the key.
Result<std::string> password_key(const std::string& password) {
  std::string turned;
  uint8_t before = kPasswordSeed;
  for (const char c : password) {
    turned += static_cast<char>((before << 1) | (before >> 7));
    turned += c;
    before = static_cast<uint8_t>(c);
  }
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned n_bytes = 0;
  if (EVP_Digest(turned.data(), turned.size(), reinterpret_cast<unsigned char*>(digest.data()), &n_bytes, EVP_sha1(),
                 nullptr) != 1)
    return cipher_failed();
  digest.resize(kKeyBytes);
  return digest;
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
  return run_cipher(EVP_aes_128_ecb(), key, rest, false);
}

Result<std::string> decrypt_hwp_password(std::string_view stream, const std::string& password) {
  HANOK_TRY(const std::string key, password_key(password));
  return run_cipher(EVP_aes_128_cfb1(), key, stream, false);
}

Result<std::string> encrypt_hwp_password(std::string_view stream, const std::string& password) {
  HANOK_TRY(const std::string key, password_key(password));
  return run_cipher(EVP_aes_128_cfb1(), key, stream, true);
}

}  // namespace hanok
