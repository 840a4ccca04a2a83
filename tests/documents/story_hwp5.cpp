// Stories as HWP 5.0: the records that Hangul writes, so that other readers take them for documents.
#include "base/utf8.h"
#include "documents/story.h"

namespace hanok::testing {
namespace {

std::string utf16_of(std::string_view text) {
  std::string out;
  for (; !text.empty(); text.remove_prefix(utf8_char_length(text))) {
    const char32_t c = utf8_code_point(text);
    out += c < 0x10000 ? le(c, 2) : le(0xD7C0 + (c >> 10), 2) + le(0xDC00 + (c & 0x3FF), 2);
  }
  return out;
}

std::string counted(std::string_view text) {
  const std::string units = utf16_of(text);
  return le(units.size() / 2, 2) + units;
}

std::string text_with_controls(std::string_view text) {
  std::string out;
  for (; !text.empty(); text.remove_prefix(utf8_char_length(text))) {
    const char32_t c = utf8_code_point(text);
    if (c == '\t') {
      out += control_char(9, "    ");
    } else if (c == 0xA0) {
      out += le(30, 2);
    } else {
      out += utf16_of(text.substr(0, utf8_char_length(text)));
    }
  }
  return out;
}

std::string list_of(uint32_t level, const StoryText& text);

// The place and size that every object has: as a character of the line.
std::string object_header(uint32_t width, uint32_t height) {
  return le(1, 4) + le(0, 8) + le(width, 4) + le(height, 4) + le(0, 4) + std::string(8, '\0') + le(1, 4) + le(0, 4) +
         le(0, 2);
}

std::string list_header(uint32_t level, size_t n_paragraphs) {
  return record(0x48, level, le(n_paragraphs, 4) + std::string(22, '\0'));
}

std::string list_records(uint32_t level, const StoryText& text) {
  return list_header(level, text.size()) + list_of(level, text);
}

std::string caption_records(uint32_t level, const StoryObject& object) {
  if (object.caption.empty()) return "";
  const uint32_t kind = object.kind == StoryObject::Kind::kTable ? 4 : 3;
  const std::string number = control_header(level + 1, "atno", le(kind, 4) + le(object.caption_number, 2) + le(0, 6));
  return record(
             0x48, level,
             le(1, 4) + le(0, 4) + le(object.is_caption_above ? 2 : 3, 4) + le(8504, 4) + le(850, 2) + le(20000, 4)) +
         paragraph(level, utf16_of(object.caption) + control_char(18, "atno") + le(13, 2), number, {{0, 0}});
}

std::string table_records(uint32_t level, const StoryObject& object) {
  std::string cells;
  for (const StoryCell& each : object.cells) cells += cell(level + 1, each.at, list_of(level + 1, each.inside));
  return table(level, object.n_rows, object.n_columns, cells, caption_records(level + 1, object),
               object_header(40000, object.n_rows * 2000u));
}

std::string box_records(uint32_t level, const StoryObject& object) {
  const std::string shape = control_id("$rec") + control_id("$rec") + le(0, 8) + le(0, 2) + le(1, 2) + le(20000, 4) +
                            le(5000, 4) + le(20000, 4) + le(5000, 4) + le(0, 4) + le(0, 2) + le(10000, 4) +
                            le(2500, 4) + le(1, 2) + std::string(144, '\0');
  const std::string rectangle = record(0x4F, level + 2, le(0, 1) + std::string(32, '\0'));
  return control_header(level, "gso ", object_header(20000, 5000)) + caption_records(level + 1, object) +
         record(0x4C, level + 1, shape) + list_records(level + 2, object.inside) + rectangle;
}

std::string equation_records(uint32_t level, const StoryObject& object) {
  return control_header(level, "eqed", object_header(5000, 2000)) +
         record(0x58, level + 1, le(0, 4) + counted(object.script) + le(1000, 4) + le(0, 4) + le(0, 2) + le(0, 2));
}

struct Control {
  uint16_t code;
  const char* id;
  std::string records;
};

Control control_of(uint32_t level, const StoryObject& object) {
  using Kind = StoryObject::Kind;
  const auto with_list = [&](const char* id, const std::string& data) {
    return control_header(level, id, data) + list_records(level + 1, object.inside);
  };
  switch (object.kind) {
    case Kind::kFootnote:
      return {17, "fn  ", with_list("fn  ", le(1, 4) + le(0, 12))};
    case Kind::kEndnote:
      return {17, "en  ", with_list("en  ", le(1, 4) + le(0, 12))};
    case Kind::kHeader:
      return {16, "head", with_list("head", le(0, 4) + le(0, 4))};
    case Kind::kFooter:
      return {16, "foot", with_list("foot", le(0, 4) + le(0, 4))};
    case Kind::kBox:
      return {11, "gso ", box_records(level, object)};
    case Kind::kEquation:
      return {11, "eqed", equation_records(level, object)};
    case Kind::kTable:
      break;
  }
  return {11, "tbl ", table_records(level, object)};
}

std::string section_controls() {
  const std::string page = le(59528, 4) + le(84188, 4) + le(8504, 4) + le(8504, 4) + le(5668, 4) + le(4252, 4) +
                           le(4252, 4) + le(4252, 4) + le(0, 4) + le(0, 4);
  return control_header(1, "secd", le(0, 10) + le(8000, 4) + le(1, 2) + le(0, 8) + le(0, 2)) + record(0x49, 2, page) +
         control_header(1, "cold", le(1 << 2, 2) + le(0, 10));
}

struct Place {
  uint32_t vertical = 0;
  bool begins_section = false;
};

std::string paragraph_records(uint32_t level, const StoryParagraph& story, const Place& place) {
  std::string text, controls;
  if (place.begins_section) {
    text = control_char(2, "secd") + control_char(2, "cold");
    controls = section_controls();
  }
  text += text_with_controls(story.text);
  for (const StoryObject& object : story.objects) {
    const Control control = control_of(level + 1, object);
    text += control_char(control.code, control.id);
    controls += control.records;
  }
  return paragraph(level, text + le(13, 2), controls, {{place.vertical, 0}}, story.breaks_page ? 4 : 0,
                   static_cast<uint16_t>(story.shape));
}

std::string list_of(uint32_t level, const StoryText& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i)
    out += paragraph_records(level, text[i], {static_cast<uint32_t>(i) * kStoryLine});
  return out;
}

std::string section_of(const StoryText& text) {
  std::string out;
  uint32_t vertical = 0;
  for (const StoryParagraph& story : text) {
    if (story.breaks_page) vertical = 0;
    out += paragraph_records(0, story, {vertical, out.empty()});
    vertical += kStoryLine;
  }
  return out;
}

std::string numbering_record(const StoryNumbering (&levels)[2]) {
  std::string out;
  for (size_t i = 0; i < 7; ++i) {
    const bool is_hangul = i < 2 && levels[i].is_hangul;
    out += le(is_hangul ? 8u << 5 : 0u, 4) + le(0, 8);
    const std::u16string_view pattern = i < 2 ? levels[i].pattern : u"";
    out += le(pattern.size(), 2) + utf16(pattern);
  }
  out += le(0, 2);
  for (int i = 0; i < 7; ++i) out += le(1, 4);
  return record(0x17, 0, out);
}

std::string shape_record(uint32_t head, uint32_t level, uint16_t numbering) {
  return record(0x19, 0,
                le(head << 23 | level << 25, 4) + le(0, 20) + le(160, 4) + le(0, 2) + le(numbering, 2) + le(1, 2) +
                    le(0, 16) + le(160, 4));
}

std::string character_shape() {
  std::string ratios(7, '\x64');
  return record(0x15, 0,
                std::string(14, '\0') + ratios + std::string(7, '\0') + ratios + std::string(7, '\0') + le(1000, 4) +
                    le(0, 4) + le(0, 2) + std::string(16, '\0') + le(1, 2) + le(0, 4));
}

std::string info_records() {
  std::string mappings = le(0, 4);
  for (const int n : {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 6, 1, 0, 0, 0}) mappings += le(static_cast<uint64_t>(n), 4);
  std::string out = record(0x11, 0, mappings);
  for (int i = 0; i < 7; ++i) out += record(0x13, 0, le(0, 1) + counted("바탕"));
  out += record(0x14, 0, std::string(40, '\0')) + character_shape() + record(0x16, 0, std::string(8, '\0'));
  out += numbering_record(kOutlineNumbers) + numbering_record(kListNumbers);
  out += record(0x18, 0, le(0, 12) + utf16(u"●"));
  out += shape_record(0, 0, 0) + shape_record(1, 0, 0) + shape_record(1, 1, 0) + shape_record(2, 0, 2) +
         shape_record(2, 1, 2) + shape_record(3, 0, 1);
  return out + record(0x1A, 0, counted("바탕글") + counted("Normal") + le(0, 2) + le(1042, 2) + le(0, 6));
}

}  // namespace

std::string hwp5_of(const Story& story, uint32_t flags) {
  std::vector<std::string> sections;
  for (const StoryText& text : story) sections.push_back(section_of(text));
  return hwp_file(sections, info_records(), flags);
}

}  // namespace hanok::testing
