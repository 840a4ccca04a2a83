// The sections of an HWPX document as blocks.
#pragma once

#include <string>
#include <vector>

#include <pugixml.hpp>

#include "documents/document.h"
#include "documents/flow.h"
#include "documents/hwpx_header.h"
#include "documents/page_counter.h"

namespace hanok {

class HwpxBody {
 public:
  explicit HwpxBody(const HwpxHeader& header) : header_(header) {}

  Status read_section(const pugi::xml_document& xml, const std::string& where);

  std::vector<DocumentBlock> blocks;
  PageCounter pages;
  int n_hidden_comments = 0;
  int n_deleted_parts = 0;

 private:
  struct List {
    std::vector<DocumentBlock>& out;
    size_t depth = 0;
    bool is_body = false;
    std::vector<LineSegment>* lines = nullptr;
  };
  struct Run {  // what goes on from one run of a paragraph to the next
    std::vector<std::string> fields;
    int n_deleting = 0;
  };

  Status read_list(const pugi::xml_node& parent, List& list);
  Status read_paragraph(const pugi::xml_node& node, List& list);
  DocumentBlock start_block(const pugi::xml_node& node, const List& list);
  Status read_run(const pugi::xml_node& run, Run& state, ParagraphText& out, const List& list);
  void read_text(const pugi::xml_node& text, Run& state, ParagraphText& out);
  Status read_control(const pugi::xml_node& control, Run& state, ParagraphText& out, const List& list);
  Status begin_field(const pugi::xml_node& field, Run& state, ParagraphText& out, const List& list);
  Status read_object(const pugi::xml_node& object, ParagraphText& out, const List& list);
  Status read_table(const pugi::xml_node& node, ParagraphText& out, const List& list);
  Status read_cell(const pugi::xml_node& node, const List& list, DocumentTable& table, int& n_resets);
  Status read_boxes(const pugi::xml_node& node, size_t depth, std::vector<DocumentBlock>& boxes,
                    std::vector<DocumentBlock>& captions);
  Result<std::string> text_below(const pugi::xml_node& node, size_t depth);

  const HwpxHeader& header_;
  std::string where_;
  ParagraphNumbers numbers_;
  int64_t outline_id_ = 0;
  uint32_t n_footnotes_ = 0, n_endnotes_ = 0, n_memos_ = 0;
  size_t n_blocks_ = 0;
  int table_splits_ = 0;
  std::vector<DocumentBlock> pending_notes_;
  std::vector<DocumentBlock> pending_footers_;  // for the section's end
};

}  // namespace hanok
