#include "documents/docx_numbering.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "documents/bytes.h"
#include "documents/xml.h"

namespace hanok {
namespace {

constexpr int kMaxStyleParents = 32;

std::string_view value_of(const pugi::xml_node& parent, std::string_view name) {
  return attribute(child_named(parent, name), "val");
}

size_t level_in(const pugi::xml_node& node, std::string_view name) {
  return static_cast<size_t>(std::clamp<int64_t>(number_attribute(node, name), 0, kNumberingLevels - 1));
}

NumberFormat format_named(std::string_view name) {
  constexpr auto kFormats = std::to_array<std::pair<std::string_view, NumberFormat>>(
      {{"upperRoman", NumberFormat::kRomanCapital},
       {"lowerRoman", NumberFormat::kRomanSmall},
       {"upperLetter", NumberFormat::kLatinCapital},
       {"lowerLetter", NumberFormat::kLatinSmall},
       {"ganada", NumberFormat::kHangulSyllable},
       {"chosung", NumberFormat::kHangulJamo},
       {"koreanDigital", NumberFormat::kHangulNumber},
       {"koreanLegal", NumberFormat::kHangulNumber},
       {"koreanDigital2", NumberFormat::kHanjaNumber},
       {"ideographDigital", NumberFormat::kHanjaNumber},
       {"chineseCounting", NumberFormat::kHanjaNumber},
       {"japaneseCounting", NumberFormat::kHanjaNumber},
       {"decimalEnclosedCircle", NumberFormat::kCircledDigit},
       {"decimalEnclosedCircleChinese", NumberFormat::kCircledDigit}});
  for (const auto& [each, format] : kFormats)
    if (each == name) return format;
  return NumberFormat::kDigit;
}

// "%1.%2." as ParagraphNumbers has it; signs of bullets as they look.
std::string pattern_of(std::string_view text, bool is_bullet) {
  std::string out;
  for (; !text.empty(); text.remove_prefix(std::max<size_t>(1, utf8_char_length(text)))) {
    if (is_bullet) {
      if (utf8_char_length(text) > 0) out += bullet_text(utf8_code_point(text));
    } else if (text[0] == '%' && text.size() > 1 && text[1] >= '1' && text[1] <= '9') {
      out += '^';
    } else {
      out += cleaned_text(text.substr(0, std::max<size_t>(1, utf8_char_length(text))));
    }
  }
  return out;
}

std::optional<DocxListPlace> read_place(const pugi::xml_node& properties) {
  const pugi::xml_node node = child_named(properties, "numPr");
  const pugi::xml_node id = child_named(node, "numId"), level = child_named(node, "ilvl");
  if (!node || (!id && !level)) return std::nullopt;
  DocxListPlace place{number_attribute(id, "val", -1), std::nullopt};
  if (level) place.level = level_in(level, "val");
  return place;
}

}  // namespace

DocxNumbering::Level DocxNumbering::read_level(const pugi::xml_node& node) {
  Level level;
  const std::string_view format = value_of(node, "numFmt");
  if (format == "none") return level;
  level.format = format_named(format);
  level.pattern = pattern_of(value_of(node, "lvlText"), format == "bullet");
  level.start =
      static_cast<uint32_t>(std::clamp<int64_t>(number_attribute(child_named(node, "start"), "val", 1), 0, 1'000'000));
  const pugi::xml_node in_digits = child_named(node, "isLgl");
  level.is_in_digits = in_digits && attribute(in_digits, "val") != "0" && attribute(in_digits, "val") != "false";
  return level;
}

void DocxNumbering::read_styles(const pugi::xml_node& root) {
  for (const pugi::xml_node& node : root.children()) {
    if (local_name(node) != "style") continue;
    styles_.emplace(attribute(node, "styleId"),
                    Style{std::string(value_of(node, "basedOn")), read_place(child_named(node, "pPr"))});
  }
}

void DocxNumbering::read_lists(const pugi::xml_node& root) {
  for (const pugi::xml_node& node : root.children()) {
    if (local_name(node) == "abstractNum") {
      Kind kind;
      for (const pugi::xml_node& child : node.children()) {
        if (local_name(child) != "lvl") continue;
        const size_t level = level_in(child, "ilvl");
        kind.levels[level] = read_level(child);
        if (const auto style = value_of(child, "pStyle"); !style.empty()) kind.level_of_style.emplace(style, level);
      }
      kind.style_of_other = value_of(node, "numStyleLink");
      kinds_.emplace(number_attribute(node, "abstractNumId"), std::move(kind));
    } else if (local_name(node) == "num") {
      List list;
      list.kind_id = number_attribute(child_named(node, "abstractNumId"), "val");
      for (const pugi::xml_node& child : node.children()) {
        if (local_name(child) != "lvlOverride") continue;
        const size_t level = level_in(child, "ilvl");
        if (const pugi::xml_node own = child_named(child, "lvl")) list.levels.emplace(level, read_level(own));
        if (const pugi::xml_node start = child_named(child, "startOverride"))
          list.starts.emplace(
              level, static_cast<uint32_t>(std::clamp<int64_t>(number_attribute(start, "val", 1), 0, 1'000'000)));
      }
      lists_.emplace(number_attribute(node, "numId"), std::move(list));
    }
  }
}

std::optional<DocxListPlace> DocxNumbering::place_of_style(std::string_view style_id) const {
  std::string_view id = style_id;
  std::optional<size_t> level;  // of the nearest that says one
  for (int i = 0; i < kMaxStyleParents; ++i) {
    const auto style = styles_.find(id);
    if (style == styles_.end()) return std::nullopt;
    const std::optional<DocxListPlace>& place = style->second.place;
    if (place && !level) level = place->level;
    if (place && place->list_id >= 0) return DocxListPlace{place->list_id, level};
    id = style->second.parent;
  }
  return std::nullopt;
}

std::optional<DocxListPlace> DocxNumbering::place_of(const pugi::xml_node& properties) const {
  const std::string_view style = value_of(properties, "pStyle");
  std::optional<DocxListPlace> own = read_place(properties);
  std::optional<DocxListPlace> place = own && own->list_id >= 0 ? own : place_of_style(style);
  if (!place) return std::nullopt;
  if (own && own->level) place->level = own->level;
  if (place->level) return place;
  // A style may stand for a level of its list.
  const auto list = lists_.find(place->list_id);
  const auto kind = list == lists_.end() ? kinds_.end() : kinds_.find(list->second.kind_id);
  if (kind == kinds_.end()) return place;
  const auto level = kind->second.level_of_style.find(style);
  if (level != kind->second.level_of_style.end()) place->level = level->second;
  return place;
}

// Its own, or that of the style it points to.
const DocxNumbering::Kind* DocxNumbering::kind_of(const List& list, int64_t& kind_id) const {
  kind_id = list.kind_id;
  auto kind = kinds_.find(kind_id);
  if (kind == kinds_.end()) return nullptr;
  if (kind->second.style_of_other.empty()) return &kind->second;
  const auto place = place_of_style(kind->second.style_of_other);
  const auto other = place ? lists_.find(place->list_id) : lists_.end();
  if (other == lists_.end()) return nullptr;
  kind_id = other->second.kind_id;
  kind = kinds_.find(kind_id);
  return kind == kinds_.end() ? nullptr : &kind->second;
}

std::string DocxNumbering::next(const pugi::xml_node& properties) {
  const std::optional<DocxListPlace> place = place_of(properties);
  const auto list = place ? lists_.find(place->list_id) : lists_.end();
  if (list == lists_.end()) return {};
  int64_t kind_id = 0;
  const Kind* kind = kind_of(list->second, kind_id);
  if (kind == nullptr) return {};
  const size_t level = place->level.value_or(0);
  const auto in_list = [&](size_t i) {
    const auto own = list->second.levels.find(i);
    return own == list->second.levels.end() ? kind->levels[i] : own->second;
  };
  Numbering levels;
  for (size_t i = 0; i < levels.size(); ++i) {
    levels[i] = in_list(i);
    if (in_list(level).is_in_digits) levels[i].format = NumberFormat::kDigit;
  }
  // Lists of one kind count on, unless one says where it starts.
  const auto id = static_cast<uint32_t>(kind_id);
  if (begun_.insert(list->first).second)
    for (const auto& [at, start] : list->second.starts) numbers_.restart(id, at, start);
  numbers_.count_skipped(id, levels, level);
  return numbers_.next(id, levels, level);
}

}  // namespace hanok
