// Fuzzes the reader of an index's manifest, also with the right checksum: what is accepted is written as it was read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "search/bytes_io.h"
#include "search/manifest.h"

namespace {

void use(const std::string& bytes) {
  const auto manifest = hanok::parse_index_manifest(bytes, "fuzz");
  if (!manifest) return;
  const auto again = hanok::parse_index_manifest(hanok::format_index_manifest(*manifest), "fuzz");
  if (!again || again->segments.size() != manifest->segments.size() ||
      again->sources.size() != manifest->sources.size() || again->generation != manifest->generation)
    std::abort();
  for (size_t i = 0; i < manifest->segments.size(); ++i)
    if (again->segments[i].removed != manifest->segments[i].removed) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  std::string bytes(reinterpret_cast<const char*>(data), n_bytes);
  use(bytes);
  hanok::put_le(bytes, hanok::checksum_of(bytes));
  use(bytes);
  return 0;
}
