#include "documents/hwp_doc_info.h"

#include <algorithm>

#include "base/locale.h"
#include "documents/bytes.h"

namespace hanok {
namespace {

constexpr uint16_t kTrackChange = 0x60;
constexpr size_t kHeadBytes = 12;  // of what a numbering says about a level before its pattern

NumberFormat format_of(uint32_t head) {
  const uint32_t format = (head >> 5) & 0xF;
  return format <= static_cast<uint32_t>(NumberFormat::kCircledHanjaNumber) ? static_cast<NumberFormat>(format)
                                                                            : NumberFormat::kDigit;
}

size_t read_level(std::string_view data, size_t at, NumberingLevel& level) {
  level.format = format_of(read_u32(data, at));
  level.pattern = cleaned_text(read_counted_utf16(data, at + kHeadBytes));
  return at + kHeadBytes + 2 + size_t{2} * read_u16(data, at + kHeadBytes);
}

uint32_t start_or(std::string_view data, size_t at, uint32_t otherwise) {
  const uint32_t start = read_u32(data, at);
  return at + 4 <= data.size() && start > 0 && start < 1'000'000 ? start : otherwise;
}

Numbering read_numbering(std::string_view data) {
  constexpr size_t kFirstLevels = 7;
  Numbering numbering;
  size_t at = 0;
  for (size_t i = 0; i < kFirstLevels; ++i) at = read_level(data, at, numbering[i]);
  at += 2;  // where all levels start, superseded by what follows
  for (size_t i = 0; i < kFirstLevels; ++i, at += 4) numbering[i].start = start_or(data, at, 1);
  for (size_t i = kFirstLevels; i < kNumberingLevels; ++i) at = read_level(data, at, numbering[i]);
  for (size_t i = kFirstLevels; i < kNumberingLevels; ++i, at += 4) numbering[i].start = start_or(data, at, 1);
  return numbering;
}

HwpParaShape read_para_shape(std::string_view data) {
  const uint32_t attributes = read_u32(data, 0);
  return {static_cast<ParagraphHead>((attributes >> 23) & 3), static_cast<uint8_t>((attributes >> 25) & 7),
          read_u16(data, 30)};
}

std::string read_bullet(std::string_view data) {
  const char32_t c = read_u16(data, kHeadBytes);
  return c == 0 || (c >= 0xD800 && c < 0xE000) ? std::string() : bullet_text(c);
}

}  // namespace

Result<HwpDocInfo> HwpDocInfo::read(const HwpRecords& records, const std::string& where) {
  if (records.count() == 0 || records[0].tag != kHwpDocumentProperties) {
    return fail(ErrorKind::kCorruptFile,
                in_language("문서 정보가 문서 속성으로 시작하지 않습니다", "the document's properties are missing"),
                where);
  }
  HwpDocInfo info;
  info.n_sections = read_u16(records.data(0), 0);
  for (size_t i = 0; i < records.count(); ++i) {
    const std::string_view data = records.data(i);
    switch (records[i].tag) {
      case kHwpNumbering:
        info.numberings.push_back(read_numbering(data));
        break;
      case kHwpBullet:
        info.bullets.push_back(read_bullet(data));
        break;
      case kHwpParaShape:
        info.para_shapes.push_back(read_para_shape(data));
        break;
      case kHwpStyle:
        info.style_names.push_back(read_counted_utf16(data, 0));
        break;
      case kTrackChange:
        info.has_track_changes = true;
        break;
      default:
        break;
    }
  }
  return info;
}

int outline_level_of_style(std::string_view name) {
  for (const std::string_view prefix : {"개요 ", "Outline "}) {
    if (!name.starts_with(prefix) || name.size() > prefix.size() + 2) continue;
    const std::string_view digits = name.substr(prefix.size());
    const bool is_number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_number) return std::clamp(std::stoi(std::string(digits)), 1, 10);
  }
  return 0;
}

}  // namespace hanok
