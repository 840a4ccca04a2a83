// Reads and writes manifest.json.
#include "hub/manifest.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/disk.h"
#include "base/locale.h"
#include "base/sha256.h"
#include "hub/json_reader.h"
#include "hub/model_spec.h"

namespace hanok {
using Json = nlohmann::ordered_json;

namespace {

const char* kind_name(LicenceKind kind) {
  if (kind == LicenceKind::kNonCommercial) return "non-commercial";
  return kind == LicenceKind::kSpecial ? "special" : "free";
}

Result<StoredFile> read_file(const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": files");
  StoredFile file;
  file.name = reader.required_string("name");
  file.n_bytes = reader.number("bytes");
  file.sha256 = reader.string("sha256");
  file.pinned = reader.boolean("pinned", false);
  if (!is_store_name(file.name)) reader.wrong("name", "a plain file name", file.name);
  if (!is_sha256_hex(file.sha256)) reader.wrong("sha256", "64 lower-case hex digits", file.sha256);
  HANOK_RETURN_IF_ERROR(reader.status());
  return file;
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, const std::string& where) {
  HANOK_TRY(const Json json, parse_json(text, where));
  JsonReader reader(json, where);
  Manifest manifest;
  manifest.name = reader.required_string("name");
  manifest.origin = reader.string("origin");
  manifest.licence = reader.string("licence");
  const std::string kind = reader.string("licence_kind", "free");
  manifest.licence_kind = kind == "free"             ? LicenceKind::kFree
                          : kind == "non-commercial" ? LicenceKind::kNonCommercial
                                                     : LicenceKind::kSpecial;
  manifest.pulled_at = reader.string("pulled_at");
  if (const Json* files = reader.array("files")) {
    for (const Json& item : *files) {
      HANOK_TRY(StoredFile file, read_file(item, where));
      manifest.files.push_back(std::move(file));
    }
  }
  if (manifest.files.empty()) reader.wrong("files", "at least one file", "none");
  HANOK_RETURN_IF_ERROR(reader.status());
  return manifest;
}

std::string format_manifest(const Manifest& manifest) {
  Json json{{"name", manifest.name},
            {"origin", manifest.origin},
            {"licence", manifest.licence},
            {"licence_kind", kind_name(manifest.licence_kind)},
            {"pulled_at", manifest.pulled_at}};
  json["files"] = Json::array();
  for (const auto& file : manifest.files) {
    json["files"].push_back(
        Json{{"name", file.name}, {"bytes", file.n_bytes}, {"sha256", file.sha256}, {"pinned", file.pinned}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Manifest> read_manifest(const std::filesystem::path& folder) {
  const auto path = folder / "manifest.json";
  HANOK_TRY(const std::string text, read_small_file(path));
  return parse_manifest(text, path.string());
}

std::filesystem::path entry_path(const std::filesystem::path& folder, const Manifest& manifest) {
  std::vector<std::string> ggufs;
  for (const auto& file : manifest.files) {
    if (std::filesystem::path(file.name).extension() == ".gguf") ggufs.push_back(file.name);
  }
  std::sort(ggufs.begin(), ggufs.end());
  return ggufs.empty() ? folder : folder / ggufs.front();
}

Status check_files(const std::filesystem::path& folder, const Manifest& manifest) {
  for (const auto& file : manifest.files) {
    const uint64_t n_bytes = file_bytes(folder / file.name);
    if (n_bytes != file.n_bytes || !std::filesystem::exists(folder / file.name)) {
      return fail(ErrorKind::kCorruptFile,
                  in_language("받아 둔 파일이 없거나 크기가 다릅니다", "a stored file is missing or has another size"),
                  (folder / file.name).string(), fmt::format("{} bytes", file.n_bytes),
                  fmt::format("{} bytes", n_bytes),
                  fmt::format(fmt::runtime(in_language("다시 받으세요: hanok pull {}", "pull it again: hanok pull {}")),
                              manifest.name));
    }
  }
  return {};
}

}  // namespace hanok
