// Inflates what a document packed, within bounds.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hanok {

// A raw deflate stream to its end; bytes behind the end are left alone. Errors: kCorruptFile, kLimit above max_bytes or
// when it grows beyond what documents do.
Result<std::string> inflate_raw(std::string_view packed, uint64_t max_bytes, const std::string& where);

// kLimit when so much from so little is no document.
Status check_inflation(uint64_t packed_bytes, uint64_t n_bytes, const std::string& where);

}  // namespace hanok
