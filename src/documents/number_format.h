// Numbers of spreadsheet cells as the sheet shows them, as far as that changes what they mean.
#pragma once

#include <string>
#include <string_view>

namespace hanok {

// The code of a format that every workbook has by number; empty for those that are General or unknown.
std::string_view builtin_number_format(int id);

// The value in the format (SpreadsheetML, 18.8.30): dates and times as ISO 8601, percentages, thousands, decimals, and
// text around the number; in anything else as the plain number. Of a format's sections the first counts.
std::string format_cell_number(double value, std::string_view format, bool is_from_1904);

}  // namespace hanok
