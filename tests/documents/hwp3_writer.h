// Writes small HWP 3.0 documents for tests: paragraphs of its own characters, controls, and the file around them.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "documents/part_lock.h"

namespace hanok::testing {

inline std::string hwp3_unit(size_t value) {
  return {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8 & 0xFF)};
}

inline std::string hwp3_units(const std::vector<uint16_t>& codes) {
  std::string out;
  for (const uint16_t code : codes) out += hwp3_unit(code);
  return out;
}

// A paragraph of so many units; what follows the units of large controls is not counted.
inline std::string hwp3_paragraph(const std::string& characters, size_t n_units, bool has_shape = true) {
  return std::string(1, has_shape ? '\0' : '\1') + hwp3_unit(n_units) + hwp3_unit(1) + std::string(38, '\0') +
         (has_shape ? std::string(187, 's') : "") + std::string(14, 'l') + characters;
}

inline std::string hwp3_text_paragraph(const std::vector<uint16_t>& codes) {
  std::vector<uint16_t> all = codes;
  all.push_back(13);
  return hwp3_paragraph(hwp3_units(all), all.size());
}

inline const std::string kHwp3EndOfList(43, '\0');

inline std::string hwp3_control(uint16_t code, const std::string& content, size_t n_bytes = 0) {
  return hwp3_unit(code) + hwp3_unit(n_bytes) + hwp3_unit(0) + hwp3_unit(code) + content;
}

// Before the body of each document, and the body's start, of one list of paragraphs.
inline std::string hwp3_head(bool is_packed, bool is_locked) {
  std::string signature = "HWP Document File V3.00 \x1A\x01\x02\x03\x04\x05", info(128, '\0'), summary(1008, '\0');
  signature.resize(30, '\0');
  info[96] = is_locked ? 1 : 0;
  info[124] = is_packed ? 1 : 0;
  info[126] = 4;                                        // bytes of the information block
  summary.replace(0, 4, hwp3_units({0xD065, 0x8B69}));  // 한글
  return signature + info + summary + "info";
}

inline std::string hwp3_body(const std::string& list) {
  std::string body;
  for (int i = 0; i < 7; ++i) body += hwp3_unit(1) + std::string(40, 'f');
  return body + hwp3_unit(1) + std::string(238, 'y') + list + kHwp3EndOfList;
}

inline std::string hwp3(const std::string& list, bool is_packed = false, bool is_locked = false) {
  const std::string body = hwp3_body(list);
  return hwp3_head(is_packed, is_locked) + (is_packed ? raw_deflate(body) : body);
}

// With a password, whose 256 bytes before the body other readers pass over too.
inline std::string hwp3_locked(const std::string& list, std::u16string_view password) {
  const std::string body = std::string(256, 'p') + hwp3_body(list);
  std::string packed = raw_deflate(body);
  uint32_t sum =
      static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
  for (const uint32_t each : {sum, static_cast<uint32_t>(body.size())})
    packed += hwp3_unit(each & 0xFFFF) + hwp3_unit(each >> 16);
  packed.resize((packed.size() + 7) / 8 * 8, '\0');
  std::string ring(7, '\0'), bits, key;
  size_t n_bytes = 0;
  for (const char16_t unit : password)
    for (const unsigned byte : {unit & 0xFFu, static_cast<unsigned>(unit) >> 8}) {
      char& slot = ring[n_bytes++ % 7];
      const unsigned mixed = static_cast<unsigned char>(slot) ^ byte;
      slot = static_cast<char>(mixed << 1 | mixed >> 7);
    }
  for (const char c : ring) bits += std::bitset<8>(static_cast<unsigned char>(c)).to_string();
  for (size_t i = 0; i < 56; i += 7) key += static_cast<char>(std::bitset<8>(bits.substr(i, 7) + "0").to_ulong());
  key = key + key + key;  // single DES by three
  std::string locked(packed.size() + 8, '\0');
  int n = 0;
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(context, EVP_des_ede3_ecb(), nullptr, reinterpret_cast<const unsigned char*>(key.data()), nullptr);
  EVP_CIPHER_CTX_set_padding(context, 0);
  EVP_EncryptUpdate(context, reinterpret_cast<unsigned char*>(locked.data()), &n,
                    reinterpret_cast<const unsigned char*>(packed.data()), static_cast<int>(packed.size()));
  EVP_CIPHER_CTX_free(context);
  return hwp3_head(true, true) + locked.substr(0, static_cast<size_t>(n));
}

inline std::string hwp3_cell(uint16_t x, uint16_t y, uint16_t width, uint16_t height) {
  return std::string(4, '\0') + hwp3_unit(x) + hwp3_unit(y) + hwp3_unit(width) + hwp3_unit(height) +
         std::string(15, '\0');
}

inline std::string hwp3_box_info(size_t n_cells) {
  std::string info(84, '\0');
  info.replace(80, 2, hwp3_unit(n_cells));
  return info;
}

}  // namespace hanok::testing
