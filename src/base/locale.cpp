#include "base/locale.h"

#include <cstdlib>
#include <string_view>

namespace hanok {

Language user_language() {
  for (const char* name : {"HANOK_LANG", "LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0')
      return std::string_view(value).starts_with("ko") ? Language::kKorean : Language::kEnglish;
  }
  return Language::kEnglish;
}

const char* in_language(const char* korean, const char* english) {
  return user_language() == Language::kKorean ? korean : english;
}

}  // namespace hanok
