#include "base/result.h"

namespace hanok {

std::string Error::to_string() const {
  std::string text = where.empty() ? what : where + ": " + what;
  if (!expected.empty()) text += ": expected " + expected;
  if (!got.empty()) text += (expected.empty() ? ": got " : ", got ") + got;
  if (!hint.empty()) text += " (" + hint + ")";
  return text;
}

Error Error::in(const std::string& outer) const {
  Error error = *this;
  error.where = where.empty() ? outer : outer + ": " + where;
  return error;
}

}  // namespace hanok
