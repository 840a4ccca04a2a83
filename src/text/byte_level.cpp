#include "text/byte_level.h"

#include <array>

#include "base/utf8.h"

namespace hanok {
namespace {

struct ByteTable {
  std::array<char32_t, 256> chars{};
  std::array<int, 324> bytes{};
  ByteTable() {
    bytes.fill(-1);
    char32_t next = 256;
    for (size_t b = 0; b < 256; ++b) {
      const bool visible = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
      chars[b] = visible ? static_cast<char32_t>(b) : next++;
      bytes[chars[b]] = static_cast<int>(b);
    }
  }
};

const ByteTable& byte_table() {
  static const ByteTable table;
  return table;
}

}  // namespace

char32_t byte_level_char(uint8_t byte) {
  return byte_table().chars[byte];
}

int byte_level_byte(char32_t c) {
  return c < byte_table().bytes.size() ? byte_table().bytes[c] : -1;
}

std::string to_byte_level(std::string_view bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char byte : bytes) append_utf8(out, byte_level_char(static_cast<uint8_t>(byte)));
  return out;
}

std::optional<std::string> from_byte_level(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t n = utf8_char_length(text);
    const int byte = n == 0 ? -1 : byte_level_byte(utf8_code_point(text));
    if (byte < 0) return std::nullopt;
    out += static_cast<char>(byte);
    text.remove_prefix(n);
  }
  return out;
}

}  // namespace hanok
