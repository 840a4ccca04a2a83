// Characters of HWP 3.0: Hangul in parts (상용조합형), Hanja and signs of KS X 1001, and some of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hanok {

// Appends the character as UTF-8. False for a code whose meaning is not known; nothing is appended then.
bool append_hwp3_character(std::string& out, uint16_t code);
// Little-endian codes up to a zero.
std::string hwp3_text(std::string_view bytes);

}  // namespace hanok
