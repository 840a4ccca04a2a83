#include "documents/epub.h"

#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/dates.h"
#include "documents/flow.h"
#include "documents/html.h"
#include "documents/html_encoding.h"
#include "documents/limits.h"
#include "documents/ooxml.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr const char* kContainer = "META-INF/container.xml";
constexpr const char* kEncryption = "META-INF/encryption.xml";

Status parse(ZipArchive& archive, const std::string& name, const std::string& where, pugi::xml_document& xml) {
  HANOK_TRY(const std::string text, archive.read(name));
  return parse_xml(xml, text, where + ": " + name);
}

// Fonts may be scrambled in two known ways; anything else that is encrypted is the text of the book.
Status refuse_encrypted(ZipArchive& archive, const std::string& where) {
  if (!archive.has(kEncryption)) return {};
  pugi::xml_document xml;
  HANOK_RETURN_IF_ERROR(parse(archive, kEncryption, where, xml));
  for (const pugi::xml_node& data : xml.document_element().children()) {
    const std::string_view method = attribute(child_named(data, "EncryptionMethod"), "Algorithm");
    const bool is_font = method == "http://www.idpf.org/2008/embedding" || method == "http://ns.adobe.com/pdf/enc#RC";
    if (local_name(data) != "EncryptedData" || is_font) continue;
    return fail(ErrorKind::kProtected, in_language("DRM으로 잠긴 책입니다", "the book is locked by DRM"), where, "",
                cleaned_text(method),
                in_language("만든 곳의 프로그램으로만 열립니다", "only its maker's program opens it"));
  }
  return {};
}

DocumentMetadata read_metadata(const pugi::xml_node& node) {
  DocumentMetadata out;
  for (const pugi::xml_node& each : node.children()) {
    const std::string_view name = local_name(each);
    std::string value(trim(cleaned_text(inner_text(each))));
    if (name == "title" && out.title.empty())
      out.title = std::move(value);
    else if (name == "creator")
      out.author += (out.author.empty() ? "" : ", ") + value;
    else if (name == "subject")
      out.keywords += (out.keywords.empty() ? "" : ", ") + value;
    else if (name == "description")
      out.subject = std::move(value);
    else if (name == "date" && out.created.empty())
      out.created = utc_of_iso_date(value);
    else if (name == "meta" && attribute(each, "property") == "dcterms:modified")
      out.modified = utc_of_iso_date(value);
  }
  return out;
}

// The name of a member as an address names it: "%20" is a space.
std::string unescaped(std::string_view href) {
  href = href.substr(0, href.find('#'));
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (size_t i = 0; i < href.size(); ++i) {
    const bool is_escape = href[i] == '%' && i + 2 < href.size() && digit(href[i + 1]) >= 0 && digit(href[i + 2]) >= 0;
    out += is_escape ? static_cast<char>(digit(href[i + 1]) * 16 + digit(href[i + 2])) : href[i];
    if (is_escape) i += 2;
  }
  return out;
}

// The members with the book's pages, in its order.
std::vector<std::string> spine_of(const pugi::xml_node& package, const std::string& package_name) {
  std::map<std::string_view, std::string> hrefs;
  for (const pugi::xml_node& item : child_named(package, "manifest").children()) {
    const std::string_view type = attribute(item, "media-type");
    if (type == "application/xhtml+xml" || type == "text/html")
      hrefs.emplace(attribute(item, "id"), resolve_target(package_name, unescaped(attribute(item, "href"))));
  }
  std::vector<std::string> out;
  for (const pugi::xml_node& item : child_named(package, "spine").children())
    if (const auto href = hrefs.find(attribute(item, "idref")); href != hrefs.end()) out.push_back(href->second);
  return out;
}

}  // namespace

bool is_epub(ZipArchive& archive) {
  if (!archive.has(kContainer)) return false;
  const auto type = archive.has("mimetype") ? archive.read("mimetype") : Result<std::string>(std::string());
  return type && trim(*type) == "application/epub+zip";
}

Result<ReadDocument> read_epub(ZipArchive& archive, const std::string& where) {
  HANOK_RETURN_IF_ERROR(refuse_encrypted(archive, where));
  pugi::xml_document container, package;
  HANOK_RETURN_IF_ERROR(parse(archive, kContainer, where, container));
  const pugi::xml_node root = child_named(child_named(container.document_element(), "rootfiles"), "rootfile");
  const std::string package_name(attribute(root, "full-path"));
  HANOK_RETURN_IF_ERROR(parse(archive, package_name, where, package));
  ReadDocument document;
  document.format = "epub";
  document.metadata = read_metadata(child_named(package.document_element(), "metadata"));
  const std::vector<std::string> spine = spine_of(package.document_element(), package_name);
  if (spine.empty())
    return fail(ErrorKind::kCorruptFile, in_language("본문이 없습니다", "there is no body"), where, "spine");
  for (const std::string& name : spine) {
    HANOK_TRY(const std::string bytes, archive.read(name));
    const std::string html = decode_html(bytes), place = where + ": " + name;
    HANOK_TRY(ReadDocument page, read_html_text(html, place));
    if (document.blocks.size() + page.blocks.size() > kMaxBlocks) return too_many_blocks(where);
    std::move(page.blocks.begin(), page.blocks.end(), std::back_inserter(document.blocks));
  }
  lay_out(document);
  return document;
}

}  // namespace hanok
