// What every command shares: the user's language, errors on standard error, and their exit codes.
#pragma once

#include "base/result.h"

namespace hanok {

// The text in the user's language.
const char* in_language(const char* korean, const char* english);

// Prints the error on standard error and returns the exit code of its kind (3 and up; 2 is wrong usage).
int report(const Error& error);

}  // namespace hanok
