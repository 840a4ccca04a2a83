// The cells of a spreadsheet's sheet as a table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "documents/document.h"

namespace hanok {

struct SheetCell {
  uint32_t row = 0, column = 0;  // from 0
  std::string text;
};

struct SheetArea {
  uint32_t row = 0, column = 0, row_span = 1, column_span = 1;
};

// "B3" as its row and column, from 0; false for what is none.
bool read_cell_name(std::string_view name, uint32_t& row, uint32_t& column);
// "B3:D4", or "B3".
bool read_area_name(std::string_view name, SheetArea& area);

// The part of the sheet that holds text, with its merged areas. Empty cells between others are cells too, unless there
// are far more of them than of others. Error: kLimit.
Result<DocumentTable> table_of_sheet(std::vector<SheetCell> cells, std::vector<SheetArea> merged,
                                     const std::string& where);

}  // namespace hanok
