// Inflates what a document packed, within bounds.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hanok {

// A raw deflate stream to its end; of the bytes behind the end inflate_raw makes nothing. Errors: kCorruptFile, kLimit
// above max_bytes or when it grows beyond what documents do.
struct Inflated {
  std::string bytes;
  std::string_view rest;  // what was packed ends before this
};
Result<Inflated> inflate_raw_part(std::string_view packed, uint64_t max_bytes, const std::string& where);
Result<std::string> inflate_raw(std::string_view packed, uint64_t max_bytes, const std::string& where);

// kLimit when so much from so little is no document.
Status check_inflation(uint64_t packed_bytes, uint64_t n_bytes, const std::string& where);

}  // namespace hanok
