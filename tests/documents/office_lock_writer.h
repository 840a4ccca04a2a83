// Locks packages with a password as Office does (MS-OFFCRYPTO § 2.3.4), for tests.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "documents/hwp_writer.h"
#include "documents/part_lock.h"

namespace hanok::testing {

struct AgileSettings {
  const EVP_MD* hash = EVP_sha512();
  std::string hash_name = "SHA512";
  size_t key_bits = 256;
  uint32_t n_rounds = 1000;
  std::string said_rounds{};  // what the file claims, where it lies
  std::string cipher = "AES";
  std::string chaining = "ChainingModeCBC";
  std::string encryptor = "http://schemas.microsoft.com/office/2006/keyEncryptor/password";
};

inline std::string office_hash(const EVP_MD* hash, const std::string& bytes) {
  std::string out(static_cast<size_t>(EVP_MD_size(hash)), '\0');
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, hash, nullptr);
  return out;
}

inline std::string office_spun(const EVP_MD* hash, const std::string& salt, std::u16string_view password,
                               uint32_t n_rounds) {
  std::string out = office_hash(hash, salt + utf16(password));
  for (uint32_t i = 0; i < n_rounds; ++i) out = office_hash(hash, le(i, 4) + out);
  return out;
}

// Filled up with zeros to whole blocks.
inline std::string office_encrypted(const std::string& cipher, const std::string& key, const std::string& iv,
                                    std::string bytes) {
  bytes.resize((bytes.size() + 15) / 16 * 16, '\0');
  std::string out(bytes.size() + 16, '\0');
  int n = 0;
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(context, EVP_get_cipherbyname(cipher.c_str()), nullptr,
                     reinterpret_cast<const unsigned char*>(key.data()),
                     reinterpret_cast<const unsigned char*>(iv.data()));
  EVP_CIPHER_CTX_set_padding(context, 0);
  EVP_EncryptUpdate(context, reinterpret_cast<unsigned char*>(out.data()), &n,
                    reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  EVP_CIPHER_CTX_free(context);
  out.resize(static_cast<size_t>(n));
  return out;
}

struct LockedOffice {
  std::string info, package;  // the two streams

  std::string bytes() const {
    CompoundWriter writer;
    writer.add("EncryptionInfo", info);
    writer.add("EncryptedPackage", package);
    writer.add("\006DataSpaces/DataSpaceInfo/StrongEncryptionDataSpace", le(8, 4) + le(1, 4));
    writer.spare_tables(2);
    return writer.bytes();
  }
};

inline LockedOffice agile_locked(const std::string& package, std::u16string_view password,
                                 const AgileSettings& settings = {}) {
  const std::string salt = "0123456789abcdef", data_salt = "fedcba9876543210", verifier = "verifier of 16 b";
  const size_t key_bytes = settings.key_bits / 8, hash_bytes = static_cast<size_t>(EVP_MD_size(settings.hash));
  const std::string key = std::string("the package's key, of 256 bits..").substr(0, key_bytes);
  const std::string name = fmt::format("aes-{}-cbc", settings.key_bits);
  const auto fit = [](std::string bytes, size_t n) {
    bytes.resize(n, '\x36');
    return bytes;
  };
  const std::string spun = office_spun(settings.hash, salt, password, settings.n_rounds);
  const auto with_password = [&](const std::string& purpose, const std::string& bytes) {
    return base64(office_encrypted(name, fit(office_hash(settings.hash, spun + purpose), key_bytes), salt, bytes));
  };
  LockedOffice out;
  out.package = le(package.size(), 8);
  for (size_t i = 0; i * 4096 < package.size(); ++i)
    out.package += office_encrypted(name, key, fit(office_hash(settings.hash, data_salt + le(i, 4)), 16),
                                    package.substr(i * 4096, 4096));
  const std::string hmac_key(hash_bytes, 'h');
  std::string hmac(hash_bytes, '\0');
  HMAC(settings.hash, hmac_key.data(), static_cast<int>(hash_bytes),
       reinterpret_cast<const unsigned char*>(out.package.data()), out.package.size(),
       reinterpret_cast<unsigned char*>(hmac.data()), nullptr);
  const auto with_key = [&](const std::string& purpose, const std::string& bytes) {
    return base64(office_encrypted(name, key, fit(office_hash(settings.hash, data_salt + purpose), 16), bytes));
  };
  const auto parameters = [&](const std::string& of_salt) {
    return fmt::format(
        "saltSize=\"16\" blockSize=\"16\" keyBits=\"{}\" hashSize=\"{}\" cipherAlgorithm=\"{}\" "
        "cipherChaining=\"{}\" hashAlgorithm=\"{}\" saltValue=\"{}\"",
        settings.key_bits, hash_bytes, settings.cipher, settings.chaining, settings.hash_name, base64(of_salt));
  };
  out.info = le(4, 2) + le(4, 2) + le(0x40, 4) +
             fmt::format(
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?><encryption "
                 "xmlns=\"http://schemas.microsoft.com/office/2006/encryption\" "
                 "xmlns:p=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><keyData {}/>"
                 "<dataIntegrity encryptedHmacKey=\"{}\" encryptedHmacValue=\"{}\"/><keyEncryptors>"
                 "<keyEncryptor uri=\"{}\"><p:encryptedKey spinCount=\"{}\" {} encryptedVerifierHashInput=\"{}\" "
                 "encryptedVerifierHashValue=\"{}\" encryptedKeyValue=\"{}\"/></keyEncryptor></keyEncryptors>"
                 "</encryption>",
                 parameters(data_salt), with_key("\x5F\xB2\xAD\x01\x0C\xB9\xE1\xF6", hmac_key),
                 with_key("\xA0\x67\x7F\x02\xB2\x2C\x84\x33", hmac), settings.encryptor,
                 settings.said_rounds.empty() ? fmt::to_string(settings.n_rounds) : settings.said_rounds,
                 parameters(salt), with_password("\xFE\xA7\xD2\x76\x3B\x4B\x9E\x79", verifier),
                 with_password("\xD7\xAA\x0F\x6D\x30\x61\x34\x4E", office_hash(settings.hash, verifier)),
                 with_password("\x14\x6E\x0B\xE7\xAB\xAC\xD0\xD6", key));
  return out;
}

struct StandardSettings {
  uint16_t major = 3;
  uint32_t key_bits = 128, cipher = 0x660E, flags = 0x24, hash = 0x8004;
};

// The stream of a given salt and verifier, as it stands before them and after.
inline std::string standard_info(const StandardSettings& settings, const std::string& salt, const std::string& verifier,
                                 const std::string& verifier_hash) {
  const std::string header = le(settings.flags, 4) + le(0, 4) + le(settings.cipher, 4) + le(settings.hash, 4) +
                             le(settings.key_bits, 4) + le(0x18, 4) + le(0, 8) + utf16(u"Microsoft AES") + le(0, 2);
  return le(settings.major, 2) + le(2, 2) + le(settings.flags, 4) + le(header.size(), 4) + header + le(salt.size(), 4) +
         salt + verifier + le(20, 4) + verifier_hash;
}

inline LockedOffice standard_locked(const std::string& package, std::u16string_view password,
                                    const StandardSettings& settings = {}) {
  const std::string salt = "0123456789abcdef", verifier = "verifier of 16 b";
  const std::string last = office_hash(EVP_sha1(), office_spun(EVP_sha1(), salt, password, 50000) + le(0, 4));
  std::string key;
  for (const char filling : {'\x36', '\x5C'}) {
    std::string filled(64, filling);
    for (size_t i = 0; i < last.size(); ++i) filled[i] = static_cast<char>(filled[i] ^ last[i]);
    key += office_hash(EVP_sha1(), filled);
  }
  key.resize(settings.key_bits / 8);
  const std::string name = fmt::format("aes-{}-ecb", settings.key_bits);
  LockedOffice out;
  out.package = le(package.size(), 8) + office_encrypted(name, key, "", package);
  out.info = standard_info(settings, salt, office_encrypted(name, key, "", verifier),
                           office_encrypted(name, key, "", office_hash(EVP_sha1(), verifier)));
  return out;
}

}  // namespace hanok::testing
