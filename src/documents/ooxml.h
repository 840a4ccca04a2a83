// What DOCX, XLSX and PPTX share: parts of a package and the relations between them (Office Open XML).
#pragma once

#include <map>
#include <optional>
#include <string>

#include <pugixml.hpp>

#include "base/result.h"
#include "documents/document.h"
#include "documents/zip_archive.h"

namespace hanok {

struct OoxmlRelation {
  std::string type;    // the last part of its address: "worksheet", "hyperlink"
  std::string target;  // the archive's member, or an address outside as it is
};
using OoxmlRelations = std::map<std::string, OoxmlRelation, std::less<>>;  // by id

class OoxmlPackage {
 public:
  // Both outlive the package.
  OoxmlPackage(ZipArchive& archive, const std::string& where) : archive_(archive), where_(where) {}

  // Nothing where the archive has no such part.
  Result<std::optional<pugi::xml_document>> part(const std::string& name);
  // Those of a part; none where it has none.
  Result<OoxmlRelations> relations(const std::string& part_name);
  Result<DocumentMetadata> metadata();
  const std::string& where() const { return where_; }

 private:
  ZipArchive& archive_;
  const std::string& where_;
};

// The member that a relation of `part_name` names: "../media/a.png" of "xl/worksheets/b.xml" is "xl/media/a.png".
std::string resolve_target(const std::string& part_name, std::string_view target);

}  // namespace hanok
