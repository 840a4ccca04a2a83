// Text of unknown encoding as UTF-8: Korea's files are UTF-8, CP949 or UTF-16.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hanok {

struct DecodedText {
  std::string text;      // valid UTF-8 with line feeds alone, no control characters
  std::string encoding;  // "UTF-8", "CP949", "UTF-16LE", "UTF-16BE"
};

// A byte order mark decides; else zeros in every other byte tell UTF-16; else valid UTF-8 is that, and what is left is
// read as CP949, which holds EUC-KR. Error: kInvalidInput for bytes that are text in none of them.
Result<DecodedText> decode_plain_text(std::string_view bytes, const std::string& where);

}  // namespace hanok
