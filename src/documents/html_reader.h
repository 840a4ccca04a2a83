// Makes blocks of HTML's tags and text, one after the other, with a stack of what is open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "documents/document.h"
#include "documents/flow.h"
#include "documents/html_table.h"
#include "documents/html_tokens.h"

namespace hanok {

// Where blocks are collected: the page, a cell, a note.
struct Frame {
  std::vector<DocumentBlock> blocks;
  ParagraphText paragraph;
  BlockKind kind = BlockKind::kParagraph;
  int level = 0;
  std::string item_mark;  // before the next paragraph, the first of a list's item
};

struct OpenTable {
  HtmlTable grid;
  std::optional<TableCell> cell;  // the open one, whose blocks are in the frame above
  bool is_layout = false;
};

struct OpenList {
  bool is_ordered = false;
  uint32_t next = 1;
};

class HtmlReader {
 public:
  HtmlReader(std::string_view html, const std::string& where) : tokens_(html), where_(where), frames_(1) {}
  Result<ReadDocument> read();

 private:
  Frame& frame() { return frames_.back(); }
  Status begin(const HtmlToken& tag);
  Status end(const HtmlToken& tag);
  bool begin_inline(const HtmlToken& tag);
  bool end_inline(std::string_view name);
  bool begin_list_part(const HtmlToken& tag);
  Status begin_table_part(const HtmlToken& tag);
  Status begin_cell(const HtmlToken& tag);
  Status end_cell();
  Status end_table();
  Status finish_paragraph();
  void begin_kind(BlockKind kind, int level);
  void begin_note(const HtmlToken& tag);
  Status end_note();
  void read_meta(const HtmlToken& tag);
  void add_text(std::string_view text);
  void add_pending_space();
  bool skips(const HtmlToken& token);

  HtmlTokenizer tokens_;
  const std::string& where_;
  ReadDocument document_;
  std::vector<Frame> frames_;
  std::vector<OpenTable> tables_;
  std::vector<OpenList> lists_;
  std::vector<std::pair<size_t, std::string>> notes_;  // the frame each open note collects in, and its label
  std::string skipped_;                                // the element being skipped
  size_t n_skipped_ = 0;                               // how often it is open
  size_t n_ignored_tables_ = 0;                        // tables nested too deeply to be tables
  int n_pre_ = 0;
  bool has_space_ = false;
  bool is_title_ = false;
  bool is_reading_ = false;  // inside of "rt": how the signs before it are read
  size_t n_blocks_ = 0;
};

// The whole number that an attribute's value begins with.
uint32_t html_number(std::string_view text, uint32_t otherwise);

}  // namespace hanok
