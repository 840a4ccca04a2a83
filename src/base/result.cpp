#include "base/result.h"

#include <algorithm>

#include "base/locale.h"
#include "base/utf8.h"

namespace hanok {

std::string Error::to_string() const {
  std::string text = where.empty() ? what : where + ": " + what;
  if (!expected.empty()) text += std::string(": ") + in_language("기대한 것 ", "expected ") + expected;
  if (!got.empty()) text += std::string(expected.empty() ? ": " : ", ") + in_language("실제 ", "got ") + got;
  if (!hint.empty()) text += " (" + hint + ")";
  // Names in broken files may hold anything; a terminal must not obey them.
  const auto is_control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f; };
  std::replace_if(text.begin(), text.end(), is_control, ' ');
  return replace_invalid_utf8(text);
}

Error Error::in(const std::string& outer) const {
  Error error = *this;
  error.where = where.empty() ? outer : outer + ": " + where;
  return error;
}

}  // namespace hanok
