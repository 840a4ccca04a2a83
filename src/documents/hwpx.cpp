#include "documents/hwpx.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/hwpx_body.h"
#include "documents/hwpx_header.h"
#include "documents/locked_parts.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr const char* kPackage = "Contents/content.hpf";
constexpr size_t kMaxSections = 4096;

struct Package {
  DocumentMetadata metadata;
  std::vector<std::string> sections;
  std::string header = "Contents/header.xml";
};

bool is_section(std::string_view href) {
  const size_t slash = href.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? href : href.substr(slash + 1);
  return name.starts_with("section") && name.ends_with(".xml");
}

// Addresses are written from the archive's root or from the package's folder.
std::string member_of(const ZipArchive& archive, std::string_view href) {
  const std::string beside = "Contents/" + std::string(href);
  return archive.has(beside) ? beside : std::string(href);
}

void read_metadata(const pugi::xml_node& node, DocumentMetadata& out) {
  out.title = std::string(trim(cleaned_text(inner_text(child_named(node, "title")))));
  for (const pugi::xml_node& meta : node.children()) {
    const std::string_view name = attribute(meta, "name");
    const std::string value(trim(cleaned_text(inner_text(meta))));
    if (name == "creator") out.author = value;
    if (name == "subject") out.subject = value;
    if (name == "keyword") out.keywords = value;
    if (name == "CreatedDate") out.created = value;
    if (name == "ModifiedDate") out.modified = value;
  }
}

Result<Package> read_package(ZipArchive& archive, LockedParts& parts, const std::string& where) {
  Package package;
  if (archive.has(kPackage)) {
    HANOK_TRY(const std::string text, parts.read(kPackage));
    pugi::xml_document xml;
    HANOK_RETURN_IF_ERROR(parse_xml(xml, text, where + ": " + kPackage));
    const pugi::xml_node root = xml.document_element();
    read_metadata(child_named(root, "metadata"), package.metadata);
    std::map<std::string, std::string, std::less<>> hrefs;
    for (const pugi::xml_node& item : child_named(root, "manifest").children())
      hrefs.emplace(attribute(item, "id"), attribute(item, "href"));
    if (const auto header = hrefs.find("header"); header != hrefs.end())
      package.header = member_of(archive, header->second);
    for (const pugi::xml_node& item : child_named(root, "spine").children()) {
      const auto href = hrefs.find(attribute(item, "idref"));
      if (href != hrefs.end() && is_section(href->second)) package.sections.push_back(member_of(archive, href->second));
    }
  }
  for (size_t i = 0; package.sections.size() == i && i < kMaxSections; ++i)
    if (const std::string name = fmt::format("Contents/section{}.xml", i); archive.has(name))
      package.sections.push_back(name);
  return package;
}

void add_warnings(const HwpxBody& body, ReadDocument& document) {
  const auto warn = [&](int n, const char* korean, const char* english) {
    if (n > 0) document.warnings.push_back(fmt::format(fmt::runtime(in_language(korean, english)), n));
  };
  warn(body.n_hidden_comments, "숨은 설명 {}개를 뺐습니다", "{} hidden comments were left out");
  warn(body.n_deleted_parts, "변경 추적에서 지운 글 {}곳을 뺐습니다", "{} deleted passages were left out");
}

}  // namespace

bool is_hwpx(ZipArchive& archive) {
  if (archive.has("mimetype")) {
    const auto type = archive.read("mimetype");
    if (type && trim(*type) == "application/hwp+zip") return true;
  }
  return archive.has(kPackage);
}

Result<ReadDocument> read_hwpx(ZipArchive& archive, const std::string& where, const ReadOptions& options) {
  HANOK_TRY(LockedParts parts, LockedParts::open(archive, where, options.password));
  HANOK_TRY(const Package package, read_package(archive, parts, where));
  if (package.sections.empty())
    return fail(ErrorKind::kCorruptFile, in_language("본문이 없습니다", "there is no body"), where,
                "Contents/section0.xml");
  HwpxHeader header;
  if (archive.has(package.header)) {
    HANOK_TRY(const std::string text, parts.read(package.header));
    pugi::xml_document xml;
    HANOK_RETURN_IF_ERROR(parse_xml(xml, text, where + ": " + package.header));
    header = HwpxHeader::read(xml);
  }
  HwpxBody body(header);
  for (const std::string& name : package.sections) {
    HANOK_TRY(const std::string text, parts.read(name));
    pugi::xml_document xml;
    HANOK_RETURN_IF_ERROR(parse_xml(xml, text, where + ": " + name));
    HANOK_RETURN_IF_ERROR(body.read_section(xml, where + ": " + name));
  }
  ReadDocument document;
  document.format = "hwpx";
  document.metadata = package.metadata;
  document.blocks = std::move(body.blocks);
  document.n_pages = body.pages.n_pages();
  settle_pages(document.blocks, body.pages.is_exact() ? PageCertainty::kExact : PageCertainty::kApproximate);
  add_warnings(body, document);
  lay_out(document);
  return document;
}

}  // namespace hanok
