// The alphabet of byte-level vocabularies: a visible character for each byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hanok {

// The character that stands for a byte, and back (-1 when it stands for none).
char32_t byte_level_char(uint8_t byte);
int byte_level_byte(char32_t c);

// Every byte as its character, and back; nothing when a character stands for no byte.
std::string to_byte_level(std::string_view bytes);
std::optional<std::string> from_byte_level(std::string_view text);

}  // namespace hanok
