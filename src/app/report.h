// What every command shares: the user's language, how errors are shown, and their exit codes.
#pragma once

#include "base/locale.h"
#include "base/result.h"

namespace hanok {

// Exit codes: 0 done, 2 wrong usage, 3 … 14 an error of that kind (in the order of ErrorKind), 130 stopped by Ctrl-C,
// 141 the reader of standard output went away, 143 ended by SIGTERM.
inline constexpr int kExitUsage = 2, kExitFirstKind = 3, kExitInterrupted = 130, kExitBrokenPipe = 141,
                     kExitTerminated = 143;
int exit_code_of(ErrorKind kind);

// A kind's name in JSON ("not_found") and its headline in the user's language.
const char* kind_name(ErrorKind kind);
const char* kind_headline(ErrorKind kind);

// Shows the error and returns the exit code of its kind. For people on standard error; with `json` on standard output,
// as {"error": {kind, message, where, expected, got, hint, exit_code}}, so that a program reads one document either
// way.
int report(const Error& error, bool json = false);
// The same for wrong usage, with exit code 2.
int report_usage(const Error& error, bool json);

}  // namespace hanok
