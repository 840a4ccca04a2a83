// Text files as people have them, all read as UTF-8.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace hanok {

// The text of a file, or of standard input for "-", decoded as base/text_encoding says. Errors also as read_text in
// input.h.
Result<std::string> read_text_file(const std::filesystem::path& path);

}  // namespace hanok
