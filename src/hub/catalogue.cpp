// Reads catalogue files and finds models in them.
#include "hub/catalogue.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/edit_distance.h"
#include "base/sha256.h"
#include "hub/catalogue_data.h"
#include "hub/json_reader.h"
#include "hub/model_spec.h"

namespace hanok {
using Json = nlohmann::ordered_json;

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Result<CatalogueLicence> read_licence(const std::string& name, const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": licence " + name);
  CatalogueLicence licence;
  licence.name = name;
  const std::string kind = reader.string("kind", "special");
  if (kind == "free") {
    licence.kind = LicenceKind::kFree;
  } else if (kind == "non-commercial") {
    licence.kind = LicenceKind::kNonCommercial;
  } else if (kind == "special") {
    licence.kind = LicenceKind::kSpecial;
  } else {
    reader.wrong("kind", "free, special or non-commercial", kind);
  }
  licence.url = reader.string("url");
  if (const Json* summary = reader.object("summary")) {
    JsonReader texts(*summary, where + ": licence " + name + ": summary");
    licence.summary_en = texts.string("en");
    licence.summary_ko = texts.string("ko", licence.summary_en);
    HANOK_RETURN_IF_ERROR(texts.status());
  }
  HANOK_RETURN_IF_ERROR(reader.status());
  return licence;
}

Result<HfSource> read_hf(const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": hf");
  HfSource source;
  source.id = reader.required_string("id");
  source.revision = reader.string("revision", "main");
  source.file = reader.string("file");
  if (!is_hf_id(source.id)) reader.wrong("id", "owner/name", source.id);
  if (!is_hf_revision(source.revision)) reader.wrong("revision", "a branch, tag or commit", source.revision);
  if (!source.file.empty() && !is_plain_path(source.file)) reader.wrong("file", "a relative path", source.file);
  HANOK_RETURN_IF_ERROR(reader.status());
  return source;
}

Result<PypiSource> read_pypi(const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": pypi");
  PypiSource source;
  source.package = reader.required_string("package");
  source.version = reader.required_string("version");
  const uint64_t first = reader.number("first", 1);
  const uint64_t last = reader.number("last", 1);
  if (first > last || last > kMaxPackageParts) {
    reader.wrong("last", fmt::format("from first to {}", kMaxPackageParts), fmt::format("{} … {}", first, last));
  } else {
    source.first = static_cast<int>(first);
    source.last = static_cast<int>(last);
  }
  source.member = reader.string("member");
  source.part_bytes = reader.number("part_bytes");
  if (!is_package_pattern(source.package))
    reader.wrong("package", "letters, digits, '-', '_', '.' and {n}", source.package);
  if (!is_package_version(source.version)) reader.wrong("version", "a version", source.version);
  HANOK_RETURN_IF_ERROR(reader.status());
  return source;
}

Result<CatalogueFile> read_file(const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": file");
  CatalogueFile file;
  file.name = reader.required_string("name");
  file.n_bytes = reader.number("bytes");
  file.sha256 = reader.string("sha256");
  if (!is_store_name(file.name)) reader.wrong("name", "a plain file name", file.name);
  if (!file.sha256.empty() && !is_sha256_hex(file.sha256))
    reader.wrong("sha256", "64 lower-case hex digits", file.sha256);
  HANOK_RETURN_IF_ERROR(reader.status());
  return file;
}

Result<CatalogueConversion> read_conversion(const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": convert");
  CatalogueConversion conversion{reader.required_string("kind"), reader.required_string("file")};
  if (!is_store_name(conversion.file) || !conversion.file.ends_with(".gguf"))
    reader.wrong("file", "a plain file name that ends in .gguf", conversion.file);
  HANOK_RETURN_IF_ERROR(reader.status());
  return conversion;
}

Status read_sources(JsonReader& reader, const std::string& where, CatalogueEntry& entry) {
  if (const Json* list = reader.array("hf")) {
    for (const Json& item : *list) {
      HANOK_TRY(HfSource source, read_hf(item, where));
      entry.hf.push_back(std::move(source));
    }
  }
  if (const Json* list = reader.array("pypi")) {
    for (const Json& item : *list) {
      HANOK_TRY(PypiSource source, read_pypi(item, where));
      entry.pypi.push_back(std::move(source));
    }
  }
  if (const Json* file = reader.object("file")) {
    HANOK_TRY(entry.file, read_file(*file, where));
  }
  if (const Json* conversion = reader.object("convert")) {
    HANOK_TRY(entry.conversion, read_conversion(*conversion, where));
    if (!entry.hf.empty() || entry.file.sha256.empty())
      reader.wrong("convert", "packages alone as the source, with a checksum", "others");
  }
  if (!entry.pypi.empty() && entry.file.name.empty())
    reader.wrong("file", "an object, as packages are given", "nothing");
  if (entry.hf.empty() && entry.pypi.empty()) reader.wrong("hf", "at least one source", "none");
  return reader.status();
}

Result<CatalogueEntry> read_entry(const Json& json, const std::string& where) {
  JsonReader reader(json, where);
  CatalogueEntry entry;
  entry.name = reader.required_string("name");
  if (!is_store_name(entry.name)) reader.wrong("name", "letters, digits, '.', '-' and '_'", entry.name);
  const std::string inner = where + ": " + entry.name;
  entry.aliases = reader.strings("aliases");
  entry.title = reader.string("title", entry.name);
  entry.family = reader.string("family");
  entry.parameters = reader.string("parameters");
  entry.licence.name = reader.string("licence");
  entry.n_bytes = reader.number("bytes");
  entry.template_note = reader.string("template");
  if (const Json* note = reader.object("note")) {
    JsonReader texts(*note, inner + ": note");
    entry.note_en = texts.string("en");
    entry.note_ko = texts.string("ko", entry.note_en);
    HANOK_RETURN_IF_ERROR(texts.status());
  }
  entry.korean = reader.boolean("korean", false);
  entry.supported = reader.boolean("supported", true);
  HANOK_RETURN_IF_ERROR(read_sources(reader, inner, entry));
  if (entry.n_bytes == 0) entry.n_bytes = entry.file.n_bytes;
  return entry;
}

}  // namespace

Result<Catalogue> Catalogue::built_in() {
  return parse(catalogue_data(), "built-in catalogue");
}

Result<Catalogue> Catalogue::parse(std::string_view text, const std::string& where, const Catalogue* known) {
  HANOK_TRY(const Json json, parse_json(text, where));
  JsonReader reader(json, where);
  Catalogue catalogue;
  if (known != nullptr) catalogue.licences_ = known->licences_;
  if (const Json* licences = reader.object("licences")) {
    for (const auto& [name, value] : licences->items()) {
      HANOK_TRY(catalogue.licences_[name], read_licence(name, value, where));
    }
  }
  if (const Json* models = reader.array("models")) {
    for (const Json& item : *models) {
      HANOK_TRY(CatalogueEntry entry, read_entry(item, where));
      const auto licence = catalogue.licences_.find(entry.licence.name);
      if (licence != catalogue.licences_.end()) {
        entry.licence = licence->second;
      } else {
        reader.wrong(entry.name + ": licence", "one of the licences", entry.licence.name);
      }
      if (catalogue.find(entry.name) != nullptr) reader.wrong(entry.name, "each name once", "twice");
      catalogue.entries_.push_back(std::move(entry));
    }
  }
  HANOK_RETURN_IF_ERROR(reader.status());
  return catalogue;
}

void Catalogue::overlay(Catalogue other) {
  for (auto& entry : other.entries_) {
    const auto same = std::find_if(entries_.begin(), entries_.end(),
                                   [&](const CatalogueEntry& mine) { return lower(mine.name) == lower(entry.name); });
    for (auto& mine : entries_) {  // an alias the user gives elsewhere ("default") is taken from its first holder
      for (const auto& alias : entry.aliases) std::erase(mine.aliases, alias);
    }
    if (same != entries_.end()) {
      *same = std::move(entry);
    } else {
      entries_.push_back(std::move(entry));
    }
  }
  licences_.merge(other.licences_);
}

const CatalogueEntry* Catalogue::find(std::string_view name_or_alias) const {
  const std::string wanted = lower(name_or_alias);
  for (const auto& entry : entries_) {
    if (lower(entry.name) == wanted) return &entry;
  }
  for (const auto& entry : entries_) {
    for (const auto& alias : entry.aliases) {
      if (lower(alias) == wanted) return &entry;
    }
  }
  return nullptr;
}

std::vector<std::string> Catalogue::similar(std::string_view name) const {
  const std::string wanted = lower(name.substr(0, 100));
  std::vector<std::pair<size_t, std::string>> ranked;
  for (const auto& entry : entries_) {
    const std::string candidate = lower(entry.name);
    const bool holds = wanted.size() >= 3 && candidate.find(wanted) != std::string::npos;
    const size_t distance = holds ? 1 : edit_distance(wanted, candidate);
    if (distance <= std::max<size_t>(2, candidate.size() / 3)) ranked.emplace_back(distance, entry.name);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min<size_t>(3, ranked.size()); ++i) names.push_back(ranked[i].second);
  return names;
}

}  // namespace hanok
