#include "documents/sheet_table.h"

#include <algorithm>
#include <limits>

#include "documents/flow.h"
#include "documents/limits.h"

namespace hanok {
namespace {

constexpr uint32_t kMaxRows = 1 << 20, kMaxColumns = 1 << 14;
constexpr uint64_t kFreeCells = 4096, kMaxShareOfEmpty = 8;

// What the sheet uses.
struct Bounds {
  uint32_t first_row = kMaxRows, first_column = kMaxColumns, end_row = 0, end_column = 0;
};

Bounds bounds_of(const std::vector<SheetCell>& cells) {
  Bounds out;
  for (const SheetCell& cell : cells) {
    out.first_row = std::min(out.first_row, cell.row);
    out.first_column = std::min(out.first_column, cell.column);
    out.end_row = std::max(out.end_row, cell.row + 1);
    out.end_column = std::max(out.end_column, cell.column + 1);
  }
  return out;
}

template <class T>
void sort_by_place(std::vector<T>& things) {
  std::stable_sort(things.begin(), things.end(),
                   [](const T& a, const T& b) { return a.row != b.row ? a.row < b.row : a.column < b.column; });
}

class Builder {
 public:
  Builder(std::vector<SheetCell> cells, std::vector<SheetArea> merged)
      : cells_(std::move(cells)), merged_(std::move(merged)), bounds_(bounds_of(cells_)) {
    const uint64_t area = uint64_t{bounds_.end_row - bounds_.first_row} * (bounds_.end_column - bounds_.first_column);
    is_filled_ = area <= kFreeCells + kMaxShareOfEmpty * cells_.size();
    covered_until_.assign(bounds_.end_column - bounds_.first_column, 0);
  }

  DocumentTable build() {
    table_.n_columns = bounds_.end_column - bounds_.first_column;
    size_t idx = 0, merge_idx = 0;
    for (uint32_t row = bounds_.first_row; row < bounds_.end_row; ++row) {
      if (!is_filled_) row = std::max(row, cells_[idx].row);
      cover_row(row, merge_idx);
      size_t end = idx;
      while (end < cells_.size() && cells_[end].row == row) ++end;
      if (is_filled_)
        add_whole_row(row, idx, end);
      else
        for (size_t i = idx; i < end; ++i) add(row, cells_[i].column, std::move(cells_[i].text));
      idx = end;
      if (idx == cells_.size()) break;
    }
    table_.n_rows = bounds_.end_row - bounds_.first_row;
    return std::move(table_);
  }

 private:
  // Marks what the areas that begin in this row cover; one that begins inside another is none.
  void cover_row(uint32_t row, size_t& merge_idx) {
    starts_.clear();
    for (; merge_idx < merged_.size() && merged_[merge_idx].row <= row; ++merge_idx) {
      const SheetArea& area = merged_[merge_idx];
      if (area.row < row || area.column < bounds_.first_column || area.column >= bounds_.end_column) continue;
      if (covered_until_[area.column - bounds_.first_column] > row) continue;
      const uint32_t end =
          static_cast<uint32_t>(std::min<uint64_t>(uint64_t{area.column} + area.column_span, bounds_.end_column));
      for (uint32_t column = area.column; column < end; ++column)
        covered_until_[column - bounds_.first_column] = row + area.row_span;
      starts_.push_back(area);
    }
  }
  void add_whole_row(uint32_t row, size_t idx, size_t end) {
    for (uint32_t column = bounds_.first_column; column < bounds_.end_column; ++column) {
      while (idx < end && cells_[idx].column < column) ++idx;
      const bool is_here = idx < end && cells_[idx].column == column;
      add(row, column, is_here ? std::move(cells_[idx].text) : std::string());
    }
  }
  void add(uint32_t row, uint32_t column, std::string text) {
    TableCell cell;
    auto start = std::lower_bound(starts_.begin(), starts_.end(), column,
                                  [](const SheetArea& area, uint32_t key) { return area.column < key; });
    if (start != starts_.end() && start->column != column) start = starts_.end();
    if (start == starts_.end() && covered_until_[column - bounds_.first_column] > row) return;
    if (start != starts_.end()) {
      cell.row_span = std::min(start->row_span, bounds_.end_row - row);
      cell.column_span = std::min(start->column_span, bounds_.end_column - column);
    }
    cell.row = row - bounds_.first_row;
    cell.column = column - bounds_.first_column;
    DocumentBlock block;
    block.text = std::move(text);
    cell.blocks.push_back(std::move(block));
    table_.cells.push_back(std::move(cell));
  }

  std::vector<SheetCell> cells_;
  std::vector<SheetArea> merged_;
  Bounds bounds_;
  bool is_filled_ = false;
  std::vector<uint32_t> covered_until_;  // by column: the first row that no area above reaches into
  std::vector<SheetArea> starts_;        // areas that begin in this row
  DocumentTable table_;
};

}  // namespace

bool read_cell_name(std::string_view name, uint32_t& row, uint32_t& column) {
  uint64_t r = 0, c = 0;
  size_t i = 0;
  for (; i < name.size() && i < 3 && name[i] >= 'A' && name[i] <= 'Z'; ++i)
    c = c * 26 + static_cast<uint64_t>(name[i] - 'A' + 1);
  const size_t n_letters = i;
  for (; i < name.size() && i < n_letters + 7 && name[i] >= '0' && name[i] <= '9'; ++i)
    r = r * 10 + static_cast<uint64_t>(name[i] - '0');
  if (i != name.size() || r < 1 || c < 1 || r > kMaxRows || c > kMaxColumns) return false;
  row = static_cast<uint32_t>(r - 1);
  column = static_cast<uint32_t>(c - 1);
  return true;
}

bool read_area_name(std::string_view name, SheetArea& area) {
  const size_t colon = name.find(':');
  if (!read_cell_name(name.substr(0, colon), area.row, area.column)) return false;
  uint32_t last_row = area.row, last_column = area.column;
  if (colon != std::string_view::npos && !read_cell_name(name.substr(colon + 1), last_row, last_column)) return false;
  if (last_row < area.row || last_column < area.column) return false;
  area.row_span = last_row - area.row + 1;
  area.column_span = last_column - area.column + 1;
  return true;
}

Result<DocumentTable> table_of_sheet(std::vector<SheetCell> cells, std::vector<SheetArea> merged,
                                     const std::string& where) {
  std::erase_if(cells, [](const SheetCell& cell) {
    return cell.text.empty() || cell.row >= kMaxRows || cell.column >= kMaxColumns;
  });
  if (cells.empty()) return DocumentTable{};
  sort_by_place(cells);
  sort_by_place(merged);
  DocumentTable table = Builder(std::move(cells), std::move(merged)).build();
  HANOK_RETURN_IF_ERROR(settle_table(table, where));
  return table;
}

}  // namespace hanok
