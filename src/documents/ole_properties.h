// The property sets in compound files: title, author, dates.
#pragma once

#include <string>
#include <string_view>

#include "documents/document.h"

namespace hanok {

struct OleProperties {
  DocumentMetadata metadata;
  uint32_t n_pages = 0;  // 0 when not said
};

// What can be read of the first set; nothing of one that is broken.
OleProperties read_ole_properties(std::string_view bytes);

// A Windows time (100 ns since 1601) as ISO 8601; empty for 0 and times out of range.
std::string iso_of_filetime(uint64_t ticks);

}  // namespace hanok
