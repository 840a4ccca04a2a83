// Page numbers from the layout that HWP and HWPX files keep: the vertical positions of their lines.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "documents/document.h"

namespace hanok {

// One laid-out line; positions in 1/7200 inch from the upper left corner of its page's, column's or cell's text.
struct LineSegment {
  int32_t vertical = 0;
  int32_t horizontal = 0;
};

class PageCounter {
 public:
  void begin_section();
  void set_columns(int n_columns);

  // The page on which a paragraph of the body begins. Without lines the pages from here on are approximate.
  int begin_paragraph(std::span<const LineSegment> lines, bool breaks_page);
  // A table of the paragraph just begun goes on for so many pages.
  void add_split(int n_pages);

  int n_pages() const { return page_; }
  bool is_exact() const { return is_exact_; }

 private:
  bool is_new_page(const LineSegment& line);

  int page_ = 1;
  int n_columns_ = 1;
  int column_ = 0;
  bool is_exact_ = true;
  bool is_section_start_ = true;
  bool is_first_section_ = true;
  bool follows_split_ = false;
  bool has_last_ = false;
  LineSegment last_;
};

// How often the lines of a cell's own paragraphs start again above: the pages that the cell's row is split over, less
// one.
int count_resets(std::span<const LineSegment> lines);

// Writes the certainty into every block and gives those without a page the page before them.
void settle_pages(std::vector<DocumentBlock>& blocks, PageCertainty certainty);

}  // namespace hanok
