// Base64 (RFC 4648), with either alphabet.
#pragma once

#include <string>
#include <string_view>

namespace hanok {

// What is not of the alphabet is passed over.
std::string bytes_of_base64(std::string_view text);

}  // namespace hanok
