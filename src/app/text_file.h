// Text files as people have them: UTF-8, UTF-16 with a byte order mark, and CP949, all read as UTF-8.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hanok {

// The bytes as UTF-8 with line ends "\n". Valid UTF-8 is never taken for CP949. Error: kInvalidInput with the offset of
// the first byte that is text in none of these encodings; `name` says where.
Result<std::string> decode_text(std::string_view bytes, const std::string& name);

// The text of a file, or of standard input for "-". Errors also as read_text in input.h.
Result<std::string> read_text_file(const std::filesystem::path& path);

}  // namespace hanok
