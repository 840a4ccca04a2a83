// Documents as the tests describe them, whatever the format: written as HWP 5.0, HWPX or DOCX, they say the same.
#pragma once

#include <string>
#include <vector>

#include "documents/hwp_writer.h"
#include "documents/zip_writer.h"

namespace hanok::testing {

struct StoryParagraph;
using StoryText = std::vector<StoryParagraph>;

struct StoryCell {
  CellAt at;
  StoryText inside;
};

// What hangs on a paragraph.
struct StoryObject {
  enum class Kind { kFootnote, kEndnote, kBox, kHeader, kFooter, kEquation, kTable };
  Kind kind = Kind::kBox;
  StoryText inside;         // but for tables and equations
  std::string script = "";  // of an equation
  uint16_t n_rows = 0, n_columns = 0;
  std::vector<StoryCell> cells = {};
  std::string caption = "";  // a number follows it
  uint16_t caption_number = 0;
  bool is_caption_above = false;
};

enum class StoryShape : uint8_t { kPlain, kChapter, kArticle, kNumber, kSubNumber, kBullet };

// Tabs, line feeds and no-break spaces in its text are those of the format.
struct StoryParagraph {
  std::string text;
  std::vector<StoryObject> objects = {};
  StoryShape shape = StoryShape::kPlain;
  bool breaks_page = false;
};

using Story = std::vector<StoryText>;  // by section

// Written as a document; the sections begin pages.
std::string hwp5_of(const Story& story, uint32_t flags = 1);
std::string hwpx_of(const Story& story);
Members hwpx_members_of(const Story& story);
// Without numbers of lists, equations and the layout.
std::string docx_of(const Story& story);

// The patterns of the shapes' numbers: ^1 is the number of the first level.
struct StoryNumbering {
  const char16_t* pattern;
  const char* pattern_utf8;
  bool is_hangul = false;
};
inline constexpr StoryNumbering kOutlineNumbers[] = {{u"제^1장", "제^1장"}, {u"제^2조", "제^2조"}};
inline constexpr StoryNumbering kListNumbers[] = {{u"^1.", "^1."}, {u"^2.", "^2.", true}};

// Where a paragraph of a list stands, in units of its page.
inline constexpr uint32_t kStoryLine = 1600;

struct NamedStory {
  std::string name;
  Story story;
};
std::vector<NamedStory> example_stories();

}  // namespace hanok::testing
