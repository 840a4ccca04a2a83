#include "documents/cipher.h"

#include <algorithm>
#include <new>
#include <utility>

#include <openssl/evp.h>

#include "base/check.h"
#include "base/locale.h"
#include "base/utf8.h"

namespace hanok {
namespace {

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

unsigned char* raw(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

tl::unexpected<Error> not_offered(const char* name) {
  return fail(ErrorKind::kUnsupported,
              in_language("OpenSSL에 이 암호 방식이 없습니다", "OpenSSL does not offer this cipher or hash"), "", "",
              name != nullptr ? name : "");
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

Result<CipherContext> start(const EVP_CIPHER* cipher, std::string_view key, std::string_view iv, bool encrypts) {
  HANOK_CHECK(static_cast<size_t>(EVP_CIPHER_get_key_length(cipher)) == key.size() &&
                  static_cast<size_t>(EVP_CIPHER_get_iv_length(cipher)) <= iv.size(),
              "a key or an iv of the wrong size");
  CipherContext context(EVP_CIPHER_CTX_new());
  if (!context) throw std::bad_alloc();
  if (EVP_CipherInit_ex(context.get(), cipher, nullptr, raw(key), raw(iv), encrypts ? 1 : 0) != 1)
    return not_offered(EVP_CIPHER_get0_name(cipher));
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

std::string run(EVP_CIPHER_CTX* context, std::string_view bytes) {
  std::string out(bytes.size() + EVP_MAX_BLOCK_LENGTH, '\0');
  size_t n_out = 0;
  constexpr size_t kStep = size_t{1} << 20;  // OpenSSL counts in int
  for (size_t at = 0; at < bytes.size(); at += kStep) {
    const std::string_view part = bytes.substr(at, kStep);
    int n = 0;
    if (EVP_CipherUpdate(context, raw(out) + n_out, &n, raw(part), static_cast<int>(part.size())) != 1)
      throw std::bad_alloc();
    n_out += static_cast<size_t>(n);
  }
  out.resize(n_out);
  return out;
}

}  // namespace

Result<std::string> decrypt(const EVP_CIPHER* cipher, std::string_view key, std::string_view iv,
                            std::string_view bytes) {
  HANOK_TRY(const CipherContext context, start(cipher, key, iv, false));
  return run(context.get(), bytes);
}

Result<std::string> encrypt(const EVP_CIPHER* cipher, std::string_view key, std::string_view iv,
                            std::string_view bytes) {
  HANOK_TRY(const CipherContext context, start(cipher, key, iv, true));
  return run(context.get(), bytes);
}

Result<std::optional<std::string>> decrypt_sealed(const EVP_CIPHER* cipher, std::string_view key, std::string_view iv,
                                                  std::string_view sealed) {
  constexpr size_t kTagBytes = 16;
  if (sealed.size() < kTagBytes) return std::optional<std::string>();
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  HANOK_TRY(const CipherContext context, start(cipher, key, iv, false));
  std::string out = run(context.get(), sealed.substr(0, sealed.size() - kTagBytes));
  unsigned char rest[EVP_MAX_BLOCK_LENGTH];
  int n_rest = 0;
  const bool is_right =
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1 &&
      EVP_CipherFinal_ex(context.get(), rest, &n_rest) == 1;
  return is_right ? std::optional(std::move(out)) : std::nullopt;
}

void Hasher::Free::operator()(EVP_MD_CTX* context) const {
  EVP_MD_CTX_free(context);
}

Result<Hasher> Hasher::open(const EVP_MD* kind) {
  Hasher hasher;
  hasher.context_.reset(EVP_MD_CTX_new());
  if (!hasher.context_) throw std::bad_alloc();
  if (EVP_DigestInit_ex(hasher.context_.get(), kind, nullptr) != 1) return not_offered(EVP_MD_get0_name(kind));
  return hasher;
}

size_t Hasher::n_bytes() const {
  return static_cast<size_t>(EVP_MD_CTX_get_size(context_.get()));
}

std::string Hasher::of(std::initializer_list<std::string_view> parts) {
  std::string out(n_bytes(), '\0');
  bool is_done = EVP_DigestInit_ex(context_.get(), nullptr, nullptr) == 1;  // the same kind again
  for (const std::string_view part : parts)
    is_done = is_done && EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1;
  if (!is_done || EVP_DigestFinal_ex(context_.get(), raw(out), nullptr) != 1) throw std::bad_alloc();
  return out;
}

std::string bytes_of_u32(uint32_t value) {
  std::string out;
  for (int i = 0; i < 4; ++i, value >>= 8) out += static_cast<char>(value & 0xFF);
  return out;
}

std::string utf16le_of_utf8(std::string_view text) {
  std::string out;
  const auto add = [&out](uint32_t unit) {
    out += static_cast<char>(unit & 0xFF);
    out += static_cast<char>(unit >> 8 & 0xFF);
  };
  while (!text.empty()) {
    const size_t n = utf8_char_length(text);
    const char32_t c = n == 0 ? U'\xFFFD' : utf8_code_point(text);
    text.remove_prefix(std::max<size_t>(1, n));
    if (c >= 0x10000) {
      add(0xD800 + ((c - 0x10000) >> 10));
      add(0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      add(c);
    }
  }
  return out;
}

}  // namespace hanok
