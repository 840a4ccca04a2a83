// The two errors of a document that a password locks.
#pragma once

#include <string>

#include "base/result.h"

namespace hanok {

tl::unexpected<Error> password_needed(const std::string& where);
tl::unexpected<Error> password_wrong(const std::string& where);

}  // namespace hanok
