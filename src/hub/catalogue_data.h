// The text of catalogue/catalogue.json as it was when the program was built.
#pragma once

#include <string_view>

namespace hanok {
std::string_view catalogue_data();
}
