// Questions that a person answers with yes or no.
#pragma once

#include <string>

#include "base/result.h"

namespace hanok {

// True where a person can be asked: standard input and standard error are terminals.
bool can_ask();
// Asks on standard error until it is answered; the end of the input means no.
bool ask_yes_no(const std::string& question);
// Passes with `yes`, or when the person agrees. Errors: kRefused where nobody can be asked, kInterrupted on no.
Status confirm(const std::string& question, bool yes);

}  // namespace hanok
