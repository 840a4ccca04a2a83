// The records of an HWP 5 stream: a tree, written as a list with levels.
// 본 제품은 한글과컴퓨터의 한글 문서 파일(.hwp) 공개 문서를 참고하여 개발하였습니다.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hanok {

struct HwpRecord {
  uint16_t tag = 0;
  uint16_t level = 0;
  uint32_t offset = 0;  // of the data
  uint32_t n_bytes = 0;
};

// Tags of "한글 문서 파일 형식 5.0", as numbers in the file.
enum HwpTag : uint16_t {
  kHwpDocumentProperties = 0x10,
  kHwpIdMappings = 0x11,
  kHwpNumbering = 0x17,
  kHwpBullet = 0x18,
  kHwpParaShape = 0x19,
  kHwpStyle = 0x1A,
  kHwpDistributeDocData = 0x1C,
  kHwpParaHeader = 0x42,
  kHwpParaText = 0x43,
  kHwpParaLineSeg = 0x45,
  kHwpParaRangeTag = 0x46,
  kHwpCtrlHeader = 0x47,
  kHwpListHeader = 0x48,
  kHwpShapeComponent = 0x4C,
  kHwpTable = 0x4D,
  kHwpEqEdit = 0x58,
  kHwpMemoList = 0x5D
};

class HwpRecords {
 public:
  // Errors: kCorruptFile when a record passes the end of the stream, kLimit for too many.
  static Result<HwpRecords> parse(std::string stream, const std::string& where);

  size_t count() const { return records_.size(); }
  const HwpRecord& operator[](size_t idx) const { return records_[idx]; }
  std::string_view data(size_t idx) const {
    return std::string_view(stream_).substr(records_[idx].offset, records_[idx].n_bytes);
  }
  // One past the last record below idx.
  size_t end_of(size_t idx) const;

 private:
  std::string stream_;
  std::vector<HwpRecord> records_;
};

}  // namespace hanok
