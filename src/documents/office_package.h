// What both encryptions of Office documents share: the password's hash and the frame of the package.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/cipher.h"

namespace hanok {

inline constexpr size_t kOfficePackageHeader = 8;  // the package's size, before its encrypted bytes

// The hash of salt and password, hashed again with each round's number so that guesses cost time.
std::string spun_hash(Hasher& hash, std::string_view salt, std::string_view password, uint32_t n_rounds);

// How long the package is, which is no more than the stream's whole blocks hold. Error: kCorruptFile.
Result<size_t> office_package_bytes(std::string_view stream, const std::string& where);

}  // namespace hanok
