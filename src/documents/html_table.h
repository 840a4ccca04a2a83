// A table of HTML while it is read: where each cell lies in the grid.
#pragma once

#include <cstdint>
#include <vector>

#include "documents/document.h"

namespace hanok {

class HtmlTable {
 public:
  void begin_row();
  // Where the next cell of the row lies; spans as the page gives them, 0 rows to the table's end.
  TableCell begin_cell(uint32_t row_span, uint32_t column_span);
  void add(TableCell cell) { table_.cells.push_back(std::move(cell)); }
  bool has_row() const { return has_row_; }
  void end_row() { has_row_ = false; }
  DocumentTable& table() { return table_; }

 private:
  DocumentTable table_;
  std::vector<uint32_t> free_from_;  // by column: the first row that no cell above reaches into
  uint32_t row_ = 0, n_rows_ = 0, column_ = 0;
  bool has_row_ = false;
};

}  // namespace hanok
