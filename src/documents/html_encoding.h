// The encoding of HTML pages.
#pragma once

#include <string>
#include <string_view>

namespace hanok {

// The page's bytes as UTF-8: by the byte order mark; else valid UTF-8 is that; else as the page says of itself, and
// CP949 where it says nothing that is known.
std::string decode_html(std::string_view bytes);

}  // namespace hanok
