// Locks a part of an archive as Hangul and OpenDocument do, for tests.
#pragma once

#include <string>

#include <argon2.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <zlib.h>

#include "documents/zip_writer.h"

namespace hanok::testing {

inline std::string base64(const std::string& bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  out.resize(static_cast<size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), from, static_cast<int>(bytes.size()))));
  return out;
}

inline std::string raw_deflate(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string sha256_of(const std::string& bytes) {
  std::string out(32, '\0');
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, EVP_sha256(), nullptr);
  return out;
}

struct LockSettings {
  const EVP_MD* hash = EVP_sha1();  // of PBKDF2
  int n_rounds = 1024;
  bool sums_packed = false;  // as LibreOffice does; Hangul sums the text itself
  std::string cipher = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
};

// The members with one of them locked and a manifest that says so.
inline Members locked_parts(Members members, const std::string& name, const std::string& password,
                            const LockSettings& settings = {}) {
  const std::string iv(16, 'i'), salt(16, 's'), start = sha256_of(password), text = members[name];
  std::string key(32, '\0'), packed = raw_deflate(text);
  const std::string checksum = sha256_of((settings.sums_packed ? packed : text).substr(0, 1024));
  PKCS5_PBKDF2_HMAC(start.data(), 32, reinterpret_cast<const unsigned char*>(salt.data()), 16, settings.n_rounds,
                    settings.hash, 32, reinterpret_cast<unsigned char*>(key.data()));
  const size_t n_padding = 16 - packed.size() % 16;
  packed.append(n_padding, static_cast<char>(n_padding));
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(context, EVP_aes_256_cbc(), nullptr, reinterpret_cast<const unsigned char*>(key.data()),
                     reinterpret_cast<const unsigned char*>(iv.data()));
  EVP_CIPHER_CTX_set_padding(context, 0);
  std::string locked(packed.size() + 16, '\0');
  int n = 0;
  EVP_EncryptUpdate(context, reinterpret_cast<unsigned char*>(locked.data()), &n,
                    reinterpret_cast<const unsigned char*>(packed.data()), static_cast<int>(packed.size()));
  locked.resize(static_cast<size_t>(n));
  EVP_CIPHER_CTX_free(context);
  members[name] = locked;
  members["META-INF/manifest.xml"] = fmt::format(
      "<odf:manifest xmlns:odf=\"m\"><odf:file-entry odf:full-path=\"{}\"><odf:encryption-data "
      "odf:checksum-type=\"x#sha256-1k\" "
      "odf:checksum=\"{}\"><odf:algorithm odf:algorithm-name=\"{}\" "
      "odf:initialisation-vector=\"{}\"/><odf:key-derivation "
      "odf:key-derivation-name=\"PBKDF2\" odf:key-size=\"32\" odf:iteration-count=\"{}\" "
      "odf:salt=\"{}\"/><odf:start-key-generation "
      "odf:start-key-generation-name=\"http://www.w3.org/2000/09/xmldsig#sha256\" "
      "odf:key-size=\"32\"/></odf:encryption-data>"
      "</odf:file-entry></odf:manifest>",
      name, base64(checksum), settings.cipher, base64(iv), settings.n_rounds, base64(salt));
  return members;
}

struct Argon2Settings {
  uint32_t n_rounds = 1, memory_kib = 64, n_lanes = 2;
  std::string name = "urn:org:documentfoundation:names:experimental:office:manifest:argon2id";
  std::string said = "";  // attributes in place of the right ones
};

// As LibreOffice 24.8 does it: the vector before what it encrypted, the tag behind.
inline Members sealed_part(Members members, const std::string& name, const std::string& password,
                           const Argon2Settings& settings = {}) {
  const std::string iv(12, 'i'), salt(16, 's'), start = sha256_of(password), packed = raw_deflate(members[name]);
  std::string key(32, '\0'), locked(packed.size(), '\0'), tag(16, '\0');
  argon2id_hash_raw(settings.n_rounds, settings.memory_kib, settings.n_lanes, start.data(), start.size(), salt.data(),
                    salt.size(), key.data(), key.size());
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, reinterpret_cast<const unsigned char*>(key.data()),
                     reinterpret_cast<const unsigned char*>(iv.data()));
  int n = 0;
  EVP_EncryptUpdate(context, reinterpret_cast<unsigned char*>(locked.data()), &n,
                    reinterpret_cast<const unsigned char*>(packed.data()), static_cast<int>(packed.size()));
  EVP_EncryptFinal_ex(context, reinterpret_cast<unsigned char*>(locked.data()) + n, &n);
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag.data());
  EVP_CIPHER_CTX_free(context);
  members[name] = iv + locked + tag;
  const std::string numbers =
      settings.said.empty()
          ? fmt::format("loext:argon2-iterations=\"{}\" loext:argon2-memory=\"{}\" loext:argon2-lanes=\"{}\"",
                        settings.n_rounds, settings.memory_kib, settings.n_lanes)
          : settings.said;
  members["META-INF/manifest.xml"] = fmt::format(
      "<manifest:manifest xmlns:manifest=\"m\" xmlns:loext=\"l\"><manifest:file-entry manifest:full-path=\"{}\">"
      "<manifest:encryption-data><manifest:algorithm "
      "manifest:algorithm-name=\"http://www.w3.org/2009/xmlenc11#aes256-gcm\" "
      "manifest:initialisation-vector=\"{}\"/><manifest:start-key-generation "
      "manifest:start-key-generation-name=\"http://www.w3.org/2001/04/xmlenc#sha256\" manifest:key-size=\"32\"/>"
      "<manifest:key-derivation manifest:key-derivation-name=\"{}\" {} manifest:salt=\"{}\" manifest:key-size=\"32\"/>"
      "</manifest:encryption-data></manifest:file-entry></manifest:manifest>",
      name, base64(iv), settings.name, numbers, base64(salt));
  return members;
}

}  // namespace hanok::testing
