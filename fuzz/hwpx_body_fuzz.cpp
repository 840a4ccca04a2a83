// Fuzzes what reads HWPX's XML, out of its archive: the input is header.xml and a section, parted by a zero byte.
#include <cstddef>
#include <cstdint>
#include <string>

#include "documents/hwpx_body.h"
#include "documents/render.h"
#include "documents/xml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  using namespace hanok;
  const std::string bytes(reinterpret_cast<const char*>(data), n_bytes);
  const size_t cut = std::min(bytes.find('\0'), bytes.size());
  pugi::xml_document header_xml, section_xml;
  const bool has_header = parse_xml(header_xml, bytes.substr(0, cut), "header").has_value();
  if (!parse_xml(section_xml, bytes.substr(std::min(cut + 1, bytes.size())), "section")) return 0;
  const HwpxHeader header = has_header ? HwpxHeader::read(header_xml) : HwpxHeader{};
  HwpxBody body(header);
  if (!body.read_section(section_xml, "section")) return 0;
  ReadDocument document;
  document.blocks = std::move(body.blocks);
  lay_out(document);
  render_markdown(document);
  render_json(document);
  return 0;
}
