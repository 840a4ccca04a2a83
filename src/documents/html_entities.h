// The named characters of HTML.
#pragma once

#include <string_view>

namespace hanok {

// The character that "&name;" stands for; 0 when HTML 4 (or XML) has no such name.
char32_t html_entity(std::string_view name);

}  // namespace hanok
