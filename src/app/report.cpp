#include "app/report.h"

#include <fmt/format.h>

#include "base/locale.h"

namespace hanok {

const char* in_language(const char* korean, const char* english) {
  return user_language() == Language::kKorean ? korean : english;
}

int report(const Error& error) {
  fmt::print(stderr, "hanok: {}\n", error.what);
  const auto line = [](const char* korean, const char* english, const std::string& value) {
    if (!value.empty()) fmt::print(stderr, "  {}: {}\n", in_language(korean, english), value);
  };
  line("위치", "where", error.where);
  line("기대한 값", "expected", error.expected);
  line("실제 값", "got", error.got);
  line("해결", "hint", error.hint);
  return 3 + static_cast<int>(error.kind);
}

}  // namespace hanok
