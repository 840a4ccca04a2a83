// Little-endian numbers and UTF-16 text in bytes of other people's making.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hanok {

// The number at `offset`; 0 where the bytes end before it, as in records of older versions that lack later fields.
template <std::unsigned_integral T>
T read_le(std::string_view bytes, size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return 0;
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value |
                           static_cast<T>(static_cast<uint64_t>(static_cast<uint8_t>(bytes[offset + i])) << (8 * i)));
  return value;
}
inline uint16_t read_u16(std::string_view bytes, size_t offset) {
  return read_le<uint16_t>(bytes, offset);
}
inline uint32_t read_u32(std::string_view bytes, size_t offset) {
  return read_le<uint32_t>(bytes, offset);
}
inline int32_t read_i32(std::string_view bytes, size_t offset) {
  return static_cast<int32_t>(read_u32(bytes, offset));
}

// The part of the bytes that there is.
inline std::string_view slice(std::string_view bytes, size_t offset, size_t n_bytes) {
  return offset >= bytes.size() ? std::string_view() : bytes.substr(offset, n_bytes);
}

// UTF-16LE as UTF-8; lone surrogates become U+FFFD, a trailing odd byte is left out.
std::string utf8_of_utf16le(std::string_view bytes);
// A UTF-16LE string with its length in units, as UINT16, before it.
std::string read_counted_utf16(std::string_view bytes, size_t offset);
// Appends the character: private-use ones that Hangul is known to mean something by as that, C0 controls other than tab
// and line feed not at all.
void append_character(std::string& out, char32_t c);
// The same for a whole text of valid UTF-8.
std::string cleaned_text(std::string_view text);

// A bullet; those of the fonts Symbol and Wingdings, which lie in private use, as the same sign outside.
std::string bullet_text(char32_t c);

// White space at both ends removed; Korean's wide space counts.
std::string_view trim(std::string_view text);

}  // namespace hanok
