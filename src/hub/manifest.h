// What is written beside a stored model: where it came from, under which licence, and each file's checksum.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "hub/hub.h"

namespace hanok {

struct Manifest {
  std::string name;
  std::string origin;
  std::string licence;
  LicenceKind licence_kind = LicenceKind::kFree;
  std::string pulled_at;
  std::vector<StoredFile> files;
};

Result<Manifest> parse_manifest(std::string_view text, const std::string& where);
std::string format_manifest(const Manifest& manifest);

// Reads folder/manifest.json. Errors: kNotFound, kCorruptFile.
Result<Manifest> read_manifest(const std::filesystem::path& folder);

// What to open: the only .gguf file (or the first part of a split one), else the folder.
std::filesystem::path entry_path(const std::filesystem::path& folder, const Manifest& manifest);

// Whether every file is there with its recorded size. Error: kCorruptFile with the file.
Status check_files(const std::filesystem::path& folder, const Manifest& manifest);

}  // namespace hanok
