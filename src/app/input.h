// Texts that commands read: files and standard input.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace hanok {

// The whole file, byte by byte; "-" is standard input. Errors: kNotFound, kIo, kInvalidInput for a folder.
Result<std::string> read_text(const std::filesystem::path& path);

}  // namespace hanok
