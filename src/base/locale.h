// The user's language, from LC_ALL, LC_MESSAGES, LANG or HANOK_LANG: Korean where it begins with "ko", else English.
#pragma once

#include <string_view>

namespace hanok {

enum class Language { kEnglish, kKorean };
Language user_language();

// The text in the user's language.
inline std::string_view tr(std::string_view korean, std::string_view english) {
  return user_language() == Language::kKorean ? korean : english;
}

}  // namespace hanok
