// Passwords from people: typed at a terminal without being shown, or kept in a file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace hanok {

// Whether somebody sits at a terminal to be asked: standard input is one.
bool can_ask_password();
// Asks on the terminal itself, whatever standard input and output are. Errors: kInterrupted by Ctrl-C or the input's
// end, kIo without a terminal.
Result<std::string> ask_password(const std::string& question);

// The first line of the file; "-" is standard input. Errors as read_text in input.h; kInvalidInput for an empty one.
Result<std::string> read_password_file(const std::filesystem::path& path);

// The documents' password from that file, or where none was named from HANOK_DOCUMENT_PASSWORD; none where that is
// empty too. Errors as read_password_file.
Result<std::optional<std::string>> document_password(const std::string& password_file);

}  // namespace hanok
