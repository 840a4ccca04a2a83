// Text of unknown encoding as UTF-8: Korea's files are UTF-8, CP949 (which holds EUC-KR) or UTF-16.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hanok {

struct DecodedText {
  std::string text;      // valid UTF-8 with line ends "\n"
  std::string encoding;  // "UTF-8", "CP949", "UTF-16LE", "UTF-16BE", "ISO-2022-KR"
  size_t n_damaged = 0;  // bytes without meaning, each U+FFFD in the text
};

// A byte order mark decides; else zeros tell UTF-16, and its own mark ISO-2022-KR; else valid UTF-8 is that, what is
// left is read as CP949, and what is not that either as UTF-16 where Korean comes of it. Error: kInvalidInput with the
// offset of the first byte that is text in none of them; `where` names it.
Result<DecodedText> decode_text(std::string_view bytes, const std::string& where);

// The same for files that may be damaged: of a thousand bytes of UTF-8 or CP949 one may have no meaning.
Result<DecodedText> decode_damaged_text(std::string_view bytes, const std::string& where);

// The encoding that a byte order mark names, and the bytes of the mark.
struct ByteOrderMark {
  const char* encoding = nullptr;  // null where there is none
  size_t n_bytes = 0;
};
ByteOrderMark byte_order_mark(std::string_view bytes);

bool is_utf8(std::string_view bytes);

// Text whose encoding its sender names ("euc-kr", "utf-8", …; Korean names mean CP949, "iso-8859-1" means CP1252, as
// mail and browsers have it). Bytes without meaning become U+FFFD. Nothing when the system does not know the name.
std::optional<std::string> decode_named(std::string_view bytes, std::string_view encoding);

}  // namespace hanok
