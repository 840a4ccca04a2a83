// The body of an HWP 5 document: its sections' records as blocks.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "documents/document.h"
#include "documents/flow.h"
#include "documents/hwp_doc_info.h"
#include "documents/hwp_records.h"
#include "documents/numbering.h"
#include "documents/page_counter.h"

namespace hanok {

class HwpBody {
 public:
  explicit HwpBody(const HwpDocInfo& info) : info_(info) {}

  // Appends the blocks of one section. Errors: kLimit for nesting, cells and paragraphs beyond reason.
  Status read_section(const HwpRecords& records, const std::string& where);
  // Once all sections are read: the texts of memos, which stand in the last, go to where the first calls them.
  void settle_memos();

  std::vector<DocumentBlock> blocks;
  PageCounter pages;
  int n_hidden_comments = 0;
  int n_deleted_parts = 0;

 private:
  struct List {  // of paragraphs, while it is read
    std::vector<DocumentBlock>& out;
    size_t depth = 0;
    bool is_body = false;
    std::vector<LineSegment>* lines = nullptr;  // where a cell's own lines are collected
  };
  struct Paragraph;  // the records of one paragraph
  struct Control {
    size_t idx = 0;  // of its header
    size_t end = 0;  // one past the last record below it
    uint32_t id = 0;
  };

  Status read_list(size_t begin, size_t end, List& list, size_t& next);
  Status read_paragraph(size_t idx, size_t end, List& list);
  Paragraph collect(size_t idx, size_t end) const;
  DocumentBlock start_block(std::string_view header, const List& list);
  Status read_text(const Paragraph& paragraph, ParagraphText& out, const List& list);
  Status read_control(const Control& control, ParagraphText& out, const List& list);
  Status read_table(const Control& control, ParagraphText& out, const List& list);
  Status read_cell(size_t idx, size_t end, const List& list, DocumentTable& table, std::map<uint32_t, int>& row_splits,
                   size_t& next);
  Status read_drawing(const Control& control, ParagraphText& out, const List& list);
  Status read_note(const Control& control, ParagraphText& out, const List& list);
  Status read_header(const Control& control, ParagraphText& out, const List& list);
  Result<std::vector<DocumentBlock>> blocks_of_control(const Control& control, const List& list);
  void read_auto_number(std::string_view data, ParagraphText& out) const;
  void read_section_definition(std::string_view data);
  size_t first_memo() const;  // of the section's records
  Status read_memos(size_t begin);
  void call_memo(std::string_view control_header, ParagraphText& out);

  const HwpDocInfo& info_;
  const HwpRecords* records_ = nullptr;
  std::string where_;
  ParagraphNumbers numbers_;
  uint16_t outline_id_ = 0;
  uint32_t n_footnotes_ = 0, n_endnotes_ = 0;
  size_t n_blocks_ = 0;
  int table_splits_ = 0;  // of the top paragraph's tables
  std::vector<DocumentBlock> pending_notes_;
  std::vector<DocumentBlock> pending_footers_;           // for the section's end
  std::map<uint32_t, std::string> memos_, memo_labels_;  // by the memo's number
};

}  // namespace hanok
