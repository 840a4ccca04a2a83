// Fuzzes what reads HWP 5's records, unpacked: the input is the records of DocInfo up to the first bytes FF FE FD, then
// those of a section.
#include <cstddef>
#include <cstdint>
#include <string>

#include "documents/hwp_body.h"
#include "documents/render.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  using namespace hanok;
  const std::string bytes(reinterpret_cast<const char*>(data), n_bytes);
  const size_t cut = bytes.find("\xFF\xFE\xFD");
  if (cut == std::string::npos) return 0;
  const auto info_records = HwpRecords::parse(bytes.substr(0, cut), "info");
  const auto records = HwpRecords::parse(bytes.substr(cut + 3), "section");
  if (!info_records || !records) return 0;
  const auto info = HwpDocInfo::read(*info_records, "info");
  if (!info) return 0;
  HwpBody body(*info);
  if (!body.read_section(*records, "section")) return 0;
  body.settle_memos();
  ReadDocument document;
  document.blocks = std::move(body.blocks);
  lay_out(document);
  render_markdown(document);
  render_json(document);
  return 0;
}
