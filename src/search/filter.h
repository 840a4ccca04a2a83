// Which of a collection's documents a search may find, and the names by which they are known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "search/collection.h"

namespace hanok {

// What a result must be; empty parts ask for nothing.
struct SearchFilter {
  std::string folder;              // the beginning of its absolute path, whole names only
  std::vector<std::string> types;  // one of these: a format ("hwp" is HWP 5 and 3, "hwpx", "md") or the file's ending
  std::optional<int64_t> since_s, until_s;  // its date, in seconds since 1970: since <= date < until
  bool is_empty() const { return folder.empty() && types.empty() && !since_s && !until_s; }
};

// Of each segment's documents, whether they are live and pass. Errors: kInvalidInput for a type that is no format and
// no document's ending, kNotFound for a folder that no document lies in.
Result<std::vector<std::vector<bool>>> documents_passing(const Snapshot& snapshot, const SearchFilter& filter);

// A path as the collection writes it, where only the form of its Hangul differs (NFC, NFD); else the path itself.
std::string path_as_indexed(const Snapshot& snapshot, const std::string& path);

}  // namespace hanok
