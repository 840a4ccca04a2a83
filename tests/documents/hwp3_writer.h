// Writes small HWP 3.0 documents for tests: paragraphs of its own characters, controls, and the file around them.
#pragma once

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

inline std::string hwp3(const std::string& list, bool is_packed = false, bool is_locked = false) {
  std::string signature = "HWP Document File V3.00 \x1A\x01\x02\x03\x04\x05", info(128, '\0'), summary(1008, '\0');
  signature.resize(30, '\0');
  info[96] = is_locked ? 1 : 0;
  info[124] = is_packed ? 1 : 0;
  info[126] = 4;                                        // bytes of the information block
  summary.replace(0, 4, hwp3_units({0xD065, 0x8B69}));  // 한글
  std::string body;
  for (int i = 0; i < 7; ++i) body += hwp3_unit(1) + std::string(40, 'f');
  body += hwp3_unit(1) + std::string(238, 'y') + list + kHwp3EndOfList;
  return signature + info + summary + "info" + (is_packed ? raw_deflate(body) : body);
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
