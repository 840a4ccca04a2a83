#include "base/utf8.h"

#include <algorithm>

namespace hanok {
namespace {

uint8_t byte_at(std::string_view text, size_t i) {
  return static_cast<uint8_t>(text[i]);
}

// Length that the lead byte asks for, 0 when it is no lead byte.
size_t wanted_length(uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

// How many bytes from text[0] on belong to a (perhaps unfinished) character: 0 when the lead byte is wrong.
size_t valid_part(std::string_view text) {
  const uint8_t lead = byte_at(text, 0);
  const size_t wanted = wanted_length(lead);
  size_t n = wanted == 0 ? 0 : 1;
  for (; n > 0 && n < wanted && n < text.size(); ++n) {
    uint8_t low = 0x80, high = 0xbf;
    if (n == 1) {
      if (lead == 0xe0) low = 0xa0;   // overlong
      if (lead == 0xed) high = 0x9f;  // surrogate
      if (lead == 0xf0) low = 0x90;   // overlong
      if (lead == 0xf4) high = 0x8f;  // beyond U+10FFFF
    }
    if (byte_at(text, n) < low || byte_at(text, n) > high) break;
  }
  return n;
}

}  // namespace

size_t utf8_char_length(std::string_view text) {
  if (text.empty()) return 0;
  const size_t n = valid_part(text);
  return n > 0 && n == wanted_length(byte_at(text, 0)) ? n : 0;
}

char32_t utf8_code_point(std::string_view text) {
  const size_t n = wanted_length(byte_at(text, 0));
  char32_t value = n == 1 ? byte_at(text, 0) : byte_at(text, 0) & (0x7fu >> n);
  for (size_t i = 1; i < n; ++i) value = (value << 6) | (byte_at(text, i) & 0x3fu);
  return value;
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xc0 | (c >> 6)), static_cast<char>(0x80 | (c & 63))};
  } else if (c < 0x10000) {
    out += {static_cast<char>(0xe0 | (c >> 12)), static_cast<char>(0x80 | ((c >> 6) & 63)),
            static_cast<char>(0x80 | (c & 63))};
  } else {
    out += {static_cast<char>(0xf0 | (c >> 18)), static_cast<char>(0x80 | ((c >> 12) & 63)),
            static_cast<char>(0x80 | ((c >> 6) & 63)), static_cast<char>(0x80 | (c & 63))};
  }
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t n = utf8_char_length(text);
    if (n > 0) {
      out += text.substr(0, n);
      text.remove_prefix(n);
    } else {
      out += "\xef\xbf\xbd";
      text.remove_prefix(std::max<size_t>(1, valid_part(text)));
    }
  }
  return out;
}

size_t complete_utf8_prefix(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const std::string_view tail = text.substr(text.size() - back);
    const size_t wanted = wanted_length(byte_at(tail, 0));
    if (wanted > back && valid_part(tail) == back) return text.size() - back;
  }
  return text.size();
}

}  // namespace hanok
