#include "app/output.h"

#include <fmt/format.h>

#include "app/report.h"
#include "hub/model_spec.h"

namespace hanok {
using Json = nlohmann::ordered_json;

void print_json(const Json& document) {
  fmt::print("{}\n", document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string file_uri(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/";
  std::string uri = "file://";
  for (const char c : path) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          kPlain.find(c) != std::string_view::npos;
    uri += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return uri;
}

Json files_json(const StoredModel& model) {
  Json files = Json::array();
  for (const StoredFile& f : model.files)
    files.push_back({{"name", f.name}, {"bytes", f.n_bytes}, {"sha256", f.sha256}, {"pinned", f.pinned}});
  return files;
}

Json entry_json(const CatalogueEntry& e) {
  Json sources = Json::array();
  for (const HfSource& source : e.hf) sources.push_back(to_spec(source));
  for (const PypiSource& source : e.pypi) sources.push_back(to_spec(source));
  const char* kind = e.licence.kind == LicenceKind::kFree            ? "free"
                     : e.licence.kind == LicenceKind::kNonCommercial ? "non-commercial"
                                                                     : "special";
  return {{"name", e.name},
          {"aliases", e.aliases},
          {"title", e.title},
          {"family", e.family},
          {"parameters", e.parameters},
          {"bytes", e.n_bytes},
          {"korean", e.korean},
          {"supported", e.supported},
          {"licence",
           {{"name", e.licence.name},
            {"kind", kind},
            {"url", e.licence.url},
            {"summary", in_language(e.licence.summary_ko.c_str(), e.licence.summary_en.c_str())}}},
          {"sources", sources},
          {"template", e.template_note},
          {"note", in_language(e.note_ko.c_str(), e.note_en.c_str())}};
}

}  // namespace hanok
