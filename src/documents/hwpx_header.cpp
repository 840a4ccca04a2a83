#include "documents/hwpx_header.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "documents/bytes.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr std::array<std::pair<std::string_view, NumberFormat>, 15> kFormats = {
    {{"DIGIT", NumberFormat::kDigit},
     {"CIRCLED_DIGIT", NumberFormat::kCircledDigit},
     {"ROMAN_CAPITAL", NumberFormat::kRomanCapital},
     {"ROMAN_SMALL", NumberFormat::kRomanSmall},
     {"LATIN_CAPITAL", NumberFormat::kLatinCapital},
     {"LATIN_SMALL", NumberFormat::kLatinSmall},
     {"CIRCLED_LATIN_CAPITAL", NumberFormat::kCircledLatinCapital},
     {"CIRCLED_LATIN_SMALL", NumberFormat::kCircledLatinSmall},
     {"HANGUL_SYLLABLE", NumberFormat::kHangulSyllable},
     {"CIRCLED_HANGUL_SYLLABLE", NumberFormat::kCircledHangulSyllable},
     {"HANGUL_JAMO", NumberFormat::kHangulJamo},
     {"CIRCLED_HANGUL_JAMO", NumberFormat::kCircledHangulJamo},
     {"HANGUL_PHONETIC", NumberFormat::kHangulNumber},
     {"IDEOGRAPH", NumberFormat::kHanjaNumber},
     {"CIRCLED_IDEOGRAPH", NumberFormat::kCircledHanjaNumber}}};

HwpParaShape read_para_shape(const pugi::xml_node& node) {
  const pugi::xml_node heading = child_named(node, "heading");
  const std::string_view type = attribute(heading, "type");
  HwpParaShape shape;
  if (type == "OUTLINE") shape.head = ParagraphHead::kOutline;
  if (type == "NUMBER") shape.head = ParagraphHead::kNumber;
  if (type == "BULLET") shape.head = ParagraphHead::kBullet;
  shape.level = static_cast<uint8_t>(std::clamp<int64_t>(number_attribute(heading, "level"), 0, kNumberingLevels - 1));
  shape.numbering_id = static_cast<uint16_t>(std::clamp<int64_t>(number_attribute(heading, "idRef"), 0, 65535));
  return shape;
}

Numbering read_numbering(const pugi::xml_node& node) {
  Numbering numbering;
  for (const pugi::xml_node& head : node.children()) {
    const int64_t level = number_attribute(head, "level");
    if (local_name(head) != "paraHead" || level < 1 || level > static_cast<int64_t>(kNumberingLevels)) continue;
    numbering[static_cast<size_t>(level - 1)] = {
        cleaned_text(inner_text(head)), hwpx_number_format(attribute(head, "numFormat")),
        static_cast<uint32_t>(std::clamp<int64_t>(number_attribute(head, "start", 1), 1, 1'000'000))};
  }
  return numbering;
}

std::string bullet_of(std::string_view text) {
  return utf8_char_length(text) == 0 ? std::string() : bullet_text(utf8_code_point(text));
}

void collect(const pugi::xml_node& node, HwpxHeader& out) {
  for (const pugi::xml_node& child : node.children()) {
    const std::string_view name = local_name(child);
    const int64_t id = number_attribute(child, "id");
    if (name == "paraPr") {
      out.para_shapes[id] = read_para_shape(child);
    } else if (name == "style") {
      out.style_names[id] = attribute(child, "name");
    } else if (name == "numbering") {
      out.numberings[id] = read_numbering(child);
    } else if (name == "bullet") {
      out.bullets[id] = bullet_of(attribute(child, "char"));
    } else {
      collect(child, out);
    }
  }
}

}  // namespace

NumberFormat hwpx_number_format(std::string_view name) {
  for (const auto& [each, format] : kFormats)
    if (each == name) return format;
  return NumberFormat::kDigit;
}

HwpxHeader HwpxHeader::read(const pugi::xml_document& xml) {
  HwpxHeader header;
  collect(xml, header);
  return header;
}

}  // namespace hanok
