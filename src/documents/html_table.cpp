#include "documents/html_table.h"

#include <algorithm>

#include "documents/limits.h"

namespace hanok {
namespace {

constexpr uint32_t kMaxColumns = 1000;  // as browsers have it

}  // namespace

void HtmlTable::begin_row() {
  row_ = n_rows_++;
  column_ = 0;
  has_row_ = true;
}

TableCell HtmlTable::begin_cell(uint32_t row_span, uint32_t column_span) {
  if (!has_row_) begin_row();
  while (column_ < free_from_.size() && free_from_[column_] > row_) ++column_;
  TableCell cell;
  cell.row = row_;
  cell.column = std::min(column_, kMaxColumns - 1);
  cell.row_span = row_span == 0 ? kMaxTableSide : std::min(row_span, kMaxTableSide);
  cell.column_span = std::clamp(column_span, 1u, kMaxColumns - cell.column);
  column_ = cell.column + cell.column_span;
  if (free_from_.size() < column_) free_from_.resize(column_, 0);
  for (uint32_t i = cell.column; i < column_; ++i) free_from_[i] = row_ + cell.row_span;
  return cell;
}

}  // namespace hanok
