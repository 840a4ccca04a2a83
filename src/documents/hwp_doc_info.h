// What the body of an HWP 5 document refers to: paragraph shapes, styles, numberings and bullets.
#pragma once

#include <string>
#include <vector>

#include "documents/hwp_records.h"
#include "documents/numbering.h"

namespace hanok {

enum class ParagraphHead : uint8_t { kNone, kOutline, kNumber, kBullet };

struct HwpParaShape {
  ParagraphHead head = ParagraphHead::kNone;
  uint8_t level = 0;          // from 0
  uint16_t numbering_id = 0;  // from 1; of a numbering or a bullet
};

struct HwpDocInfo {
  uint32_t n_sections = 0;
  std::vector<HwpParaShape> para_shapes;
  std::vector<std::string> style_names;
  std::vector<Numbering> numberings;
  std::vector<std::string> bullets;
  bool has_track_changes = false;

  // Error: kCorruptFile when the first record is not the document's properties.
  static Result<HwpDocInfo> read(const HwpRecords& records, const std::string& where);
};

// The level of a heading whose style is named "개요 2" or "Outline 2"; 0 for other styles.
int outline_level_of_style(std::string_view name);

}  // namespace hanok
