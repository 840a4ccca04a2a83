#include "documents/hwp_records.h"

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"

namespace hanok {
namespace {

constexpr size_t kMaxRecords = 8'000'000;
constexpr uint32_t kLongSize = 0xFFF;  // the size follows in four bytes

}  // namespace

Result<HwpRecords> HwpRecords::parse(std::string stream, const std::string& where) {
  HwpRecords out;
  out.stream_ = std::move(stream);
  const std::string_view bytes = out.stream_;
  size_t at = 0;
  while (at + 4 <= bytes.size()) {  // up to three bytes of padding may follow the last record
    const uint32_t header = read_u32(bytes, at);
    const size_t begin = at;
    at += 4;
    uint32_t n_bytes = header >> 20;
    if (n_bytes == kLongSize) {
      n_bytes = read_u32(bytes, at);
      at += 4;
    }
    if (at > bytes.size() || n_bytes > bytes.size() - at) {
      return fail(ErrorKind::kCorruptFile, in_language("레코드가 도중에 끝납니다", "a record ends too early"),
                  fmt::format(fmt::runtime(in_language("{}, {}번째 바이트", "{}, byte {}")), where, begin),
                  fmt::format(fmt::runtime(in_language("{}바이트", "{} bytes")), n_bytes),
                  fmt::format("{}", at > bytes.size() ? 0 : bytes.size() - at));
    }
    if (out.records_.size() == kMaxRecords)
      return fail(ErrorKind::kLimit, in_language("레코드가 너무 많습니다", "too many records"), where);
    out.records_.push_back({static_cast<uint16_t>(header & 0x3FF), static_cast<uint16_t>((header >> 10) & 0x3FF),
                            static_cast<uint32_t>(at), n_bytes});
    at += n_bytes;
  }
  return out;
}

size_t HwpRecords::end_of(size_t idx) const {
  size_t end = idx + 1;
  while (end < records_.size() && records_[end].level > records_[idx].level) ++end;
  return end;
}

}  // namespace hanok
