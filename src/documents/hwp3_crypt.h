// The password of HWP 3.0: DES over a packed body.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hanok {

// The body of a document with a password, decrypted and unpacked. Errors: kPassword when the password is wrong, which
// the sum behind the packed body tells; kLimit.
Result<std::string> unlock_hwp3_body(std::string_view locked, const std::string& password, const std::string& where);

}  // namespace hanok
