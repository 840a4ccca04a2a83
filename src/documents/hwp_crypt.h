// The two ciphers of HWP 5: distribution documents, which anybody may read, and passwords.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hanok {

// A stream of ViewText without its first record, which holds the key; still packed if the document is.
Result<std::string> decrypt_distribution(std::string_view stream, const std::string& where);

// A stream of a document with a password (EncryptVersion 4); what a wrong password gives is no error here.
Result<std::string> decrypt_hwp_password(std::string_view stream, const std::string& password);
// The inverse, for tests: CFB needs the same key.
Result<std::string> encrypt_hwp_password(std::string_view stream, const std::string& password);

}  // namespace hanok
