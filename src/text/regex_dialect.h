// Translates Oniguruma patterns, the kind tokenizer.json holds, into PCRE2's dialect.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hanok {

// The two agree but for: which characters \s, \w, \d, \h and \p{…} stand for, \uHHHH, and (?m). Errors: what
// PCRE2 would take for something else: classes inside classes, intersections, \W in a class.
Result<std::string> to_pcre2(std::string_view pattern);

}  // namespace hanok
