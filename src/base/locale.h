// The user's language, from HANOK_LANG, else LC_ALL, LC_MESSAGES, LANG: Korean where it begins with "ko", else English.
#pragma once

namespace hanok {

enum class Language { kEnglish, kKorean };
Language user_language();

// The text in the user's language.
const char* in_language(const char* korean, const char* english);

}  // namespace hanok
