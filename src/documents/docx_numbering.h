// The numbers and signs before the paragraphs of DOCX's lists and numbered headings.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <pugixml.hpp>

#include "documents/numbering.h"

namespace hanok {

// Which list a paragraph belongs to, and how deep in it.
struct DocxListPlace {
  int64_t list_id = 0;  // w:numId; 0 takes a paragraph out of the list that its style puts it in
  std::optional<size_t> level;
};

class DocxNumbering {
 public:
  // Of word/styles.xml: lists that styles put their paragraphs in.
  void read_styles(const pugi::xml_node& root);
  // Of word/numbering.xml.
  void read_lists(const pugi::xml_node& root);

  // What stands before the next paragraph with these properties (w:pPr); empty for one that is in no list.
  std::string next(const pugi::xml_node& properties);

 private:
  struct Style {
    std::string parent;
    std::optional<DocxListPlace> place;
  };
  struct Level : NumberingLevel {
    bool is_in_digits = false;  // with the numbers of those above it, whatever their format
  };
  struct Kind {  // w:abstractNum
    std::array<Level, kNumberingLevels> levels;
    std::map<std::string, size_t, std::less<>> level_of_style;
    std::string style_of_other;  // whose list it is in truth
  };
  struct List {  // w:num
    int64_t kind_id = 0;
    std::map<size_t, uint32_t> starts;  // by level, where it starts anew
    std::map<size_t, Level> levels;
  };
  static Level read_level(const pugi::xml_node& node);
  std::optional<DocxListPlace> place_of_style(std::string_view style_id) const;
  std::optional<DocxListPlace> place_of(const pugi::xml_node& properties) const;
  const Kind* kind_of(const List& list, int64_t& kind_id) const;

  std::map<std::string, Style, std::less<>> styles_;
  std::map<int64_t, Kind> kinds_;
  std::map<int64_t, List> lists_;
  std::set<int64_t> begun_;  // lists that had a paragraph
  ParagraphNumbers numbers_;
};

}  // namespace hanok
