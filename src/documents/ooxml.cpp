#include "documents/ooxml.h"

#include <utility>
#include <vector>

#include "documents/bytes.h"
#include "documents/dates.h"
#include "documents/xml.h"

namespace hanok {

std::string resolve_target(const std::string& part_name, std::string_view target) {
  std::vector<std::string_view> steps;
  const auto walk = [&](std::string_view path) {
    while (!path.empty()) {
      const size_t end = std::min(path.find('/'), path.size());
      const std::string_view step = path.substr(0, end);
      path.remove_prefix(std::min(end + 1, path.size()));
      if (step == ".." && !steps.empty())
        steps.pop_back();
      else if (!step.empty() && step != "." && step != "..")
        steps.push_back(step);
    }
  };
  const size_t slash = part_name.rfind('/');
  if (!target.starts_with('/') && slash != std::string::npos) walk(std::string_view(part_name).substr(0, slash));
  walk(target);
  std::string out;
  for (const std::string_view step : steps) out += (out.empty() ? "" : "/") + std::string(step);
  return out;
}

Result<std::optional<pugi::xml_document>> OoxmlPackage::part(const std::string& name) {
  if (!archive_.has(name)) return std::optional<pugi::xml_document>();
  HANOK_TRY(const std::string text, archive_.read(name));
  std::optional<pugi::xml_document> xml(std::in_place);
  HANOK_RETURN_IF_ERROR(parse_xml(*xml, text, where_ + ": " + name));
  return xml;
}

Result<OoxmlRelations> OoxmlPackage::relations(const std::string& part_name) {
  const size_t slash = part_name.rfind('/');
  const size_t n_folder = slash == std::string::npos ? 0 : slash + 1;
  HANOK_TRY(const auto xml, part(part_name.substr(0, n_folder) + "_rels/" + part_name.substr(n_folder) + ".rels"));
  OoxmlRelations out;
  if (!xml) return out;
  for (const pugi::xml_node& relation : xml->document_element().children()) {
    const std::string_view type = attribute(relation, "Type");
    const size_t last = type.rfind('/');
    const std::string target = cleaned_text(attribute(relation, "Target"));
    const bool is_outside = attribute(relation, "TargetMode") == "External" || target.find(':') != std::string::npos;
    out.emplace(attribute(relation, "Id"),
                OoxmlRelation{std::string(last == std::string_view::npos ? type : type.substr(last + 1)),
                              is_outside ? target : resolve_target(part_name, target)});
  }
  return out;
}

Result<DocumentMetadata> OoxmlPackage::metadata() {
  HANOK_TRY(const auto xml, part("docProps/core.xml"));
  if (!xml) return DocumentMetadata{};
  const auto text_of = [&](std::string_view name) {
    return std::string(trim(cleaned_text(inner_text(child_named(xml->document_element(), name)))));
  };
  return DocumentMetadata{text_of("title"),
                          text_of("subject"),
                          text_of("creator"),
                          text_of("keywords"),
                          utc_of_iso_date(text_of("created")),
                          utc_of_iso_date(text_of("modified"))};
}

}  // namespace hanok
