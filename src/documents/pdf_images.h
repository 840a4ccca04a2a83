// What `pdfimages -list` says about the pictures of a PDF.
#pragma once

#include <string_view>
#include <vector>

namespace hanok {

// How many square inches of each page pictures cover, overlaps counted twice.
std::vector<double> pictured_area(std::string_view list, size_t n_pages);

}  // namespace hanok
