#include "documents/page_counter.h"

#include <algorithm>

namespace hanok {
namespace {

constexpr int32_t kMidHeight = 2000;  // a line that starts again lower than this does so below a table's last part

void settle(std::vector<DocumentBlock>& blocks, PageCertainty certainty, int& page) {
  for (DocumentBlock& block : blocks) {
    page = block.page.number > 0 ? block.page.number : page;
    block.page = {page, certainty};
    int inside = page;  // what follows a table does not begin on the page where its last cell does
    for (TableCell& cell : block.table.cells) settle(cell.blocks, certainty, inside);
  }
}

}  // namespace

void PageCounter::begin_section() {
  if (!is_first_section_) ++page_;
  is_first_section_ = false;
  is_section_start_ = true;
  follows_split_ = has_last_ = false;
  n_columns_ = 1;
}

void PageCounter::set_columns(int n_columns) {
  n_columns_ = n_columns;
  column_ = 0;
}

bool PageCounter::is_new_page(const LineSegment& line) {
  if (!has_last_ || line.vertical >= last_.vertical) return false;
  if (n_columns_ <= 1 || line.horizontal < last_.horizontal) return true;
  if (line.horizontal > last_.horizontal) return false;  // the next column
  is_exact_ = false;                                     // positions within each column: its number can only be counted
  column_ = (column_ + 1) % n_columns_;
  return column_ == 0;
}

int PageCounter::begin_paragraph(std::span<const LineSegment> lines, bool breaks_page) {
  if (lines.empty()) is_exact_ = false;
  if (breaks_page && !is_section_start_) {
    ++page_;
    column_ = 0;
    has_last_ = follows_split_ = false;  // the reset that comes with it is not counted again
  }
  is_section_start_ = false;
  int begins_on = page_;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (is_new_page(lines[i])) {
      const bool is_counted = follows_split_ && lines[i].vertical >= kMidHeight;
      page_ += is_counted ? 0 : 1;
      follows_split_ = false;
    }
    last_ = lines[i];
    has_last_ = true;
    if (i == 0) begins_on = page_;
  }
  return begins_on;
}

void PageCounter::add_split(int n_pages) {
  page_ += n_pages;
  follows_split_ = follows_split_ || n_pages > 0;
}

int count_resets(std::span<const LineSegment> lines) {
  int n_resets = 0;
  for (size_t i = 1; i < lines.size(); ++i) n_resets += lines[i].vertical < lines[i - 1].vertical ? 1 : 0;
  return n_resets;
}

void settle_pages(std::vector<DocumentBlock>& blocks, PageCertainty certainty) {
  int page = 1;
  settle(blocks, certainty, page);
}

}  // namespace hanok
