// The objects that are drawn in an HWP 3.0 document: which of them hold text.
#pragma once

#include <string_view>
#include <vector>

namespace hanok {

struct Hwp3Drawing {
  std::vector<std::string_view> texts;  // lists of paragraphs in the drawing's bytes
  bool is_whole = true;                 // false where the bytes end before the objects do
};

// Of the bytes behind a picture's information, where that says it is drawn.
Hwp3Drawing read_hwp3_drawing(std::string_view bytes);

}  // namespace hanok
