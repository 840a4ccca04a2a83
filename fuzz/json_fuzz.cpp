// Fuzzes what the hub reads as JSON: catalogues, manifests, and model names.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hub/catalogue.h"
#include "hub/manifest.h"
#include "hub/model_spec.h"

namespace {

// A manifest or a name that was accepted must be written and read back as the same.
void round_trip(std::string_view text) {
  if (const auto manifest = hanok::parse_manifest(text, "fuzz")) {
    const auto again = hanok::parse_manifest(hanok::format_manifest(*manifest), "fuzz");
    if (!again || again->files.size() != manifest->files.size()) std::abort();
  }
  if (const auto hf = hanok::parse_hf_spec(text)) {
    if (!hanok::parse_hf_spec(hanok::to_spec(*hf)) || !hanok::is_store_name(hanok::store_name_of(*hf))) std::abort();
  }
  if (const auto pypi = hanok::parse_pypi_spec(text)) {
    if (!hanok::parse_pypi_spec(hanok::to_spec(*pypi)) || !hanok::is_store_name(hanok::store_name_of(*pypi)))
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const std::string_view text(reinterpret_cast<const char*>(data), n_bytes);
  if (const auto catalogue = hanok::Catalogue::parse(text, "fuzz")) (void)catalogue->similar("kanana");
  round_trip(text);
  return 0;
}
