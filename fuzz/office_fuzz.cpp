// Fuzzes what reads the parts of office documents and books, out of their archives: the first byte chooses the kind,
// the rest are its parts, parted by zero bytes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../tests/documents/zip_writer.h"
#include "documents/reader.h"
#include "documents/render.h"

namespace {

const std::vector<std::vector<const char*>> kParts = {
    {"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/a.xml", "xl/sharedStrings.xml", "xl/styles.xml",
     "xl/_rels/a.xml.rels", "xl/comments.xml"},
    {"ppt/presentation.xml", "ppt/_rels/presentation.xml.rels", "ppt/a.xml", "ppt/_rels/a.xml.rels", "ppt/notes.xml"},
    {"content.xml", "styles.xml", "meta.xml", "META-INF/manifest.xml"},
    {"META-INF/container.xml", "a.opf", "a.xhtml", "META-INF/encryption.xml"},
    {"word/document.xml", "word/styles.xml", "word/_rels/document.xml.rels", "word/footnotes.xml", "word/header1.xml"}};
const char* const kTypes[] = {"", "", "application/vnd.oasis.opendocument.text", "application/epub+zip", ""};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  if (n_bytes == 0) return 0;
  const size_t kind = data[0] % kParts.size();
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, n_bytes - 1);
  hanok::testing::Members members;
  for (const char* name : kParts[kind]) {
    const size_t end = std::min(rest.find('\0'), rest.size());
    if (end > 0) members[name] = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (members.empty()) return 0;  // no archive can be written of nothing
  if (kTypes[kind][0] != '\0') members["mimetype"] = kTypes[kind];
  const auto document = hanok::read_document(hanok::testing::zipped(members, ZIP_CM_STORE), "a", {.password = "x"});
  if (!document) return 0;
  hanok::render_markdown(*document);
  hanok::render_json(*document);
  return 0;
}
