// Names and texts of HWP 5's controls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hanok {

// A control's id as the number in the file, from its four letters.
constexpr uint32_t hwp_control(const char (&name)[5]) {
  uint32_t id = 0;
  for (size_t i = 0; i < 4; ++i) id = id << 8 | static_cast<uint8_t>(name[i]);
  return id;
}

// A character or a control of a paragraph's text.
struct HwpTextUnit {
  char32_t character = 0;    // 0 for a control
  uint16_t code = 0;         // of a control
  uint32_t control_id = 0;   // of a control that records follow for
  bool has_records = false;  // the control's records follow the text, in order
};

// Cuts PARA_TEXT into its units; a control that passes the end ends the text.
std::vector<HwpTextUnit> scan_hwp_text(std::string_view text);

// The address in a hyperlink field's command.
std::string hyperlink_target(std::string_view control_header);

// The memo that a field calls, where its command says that it does.
std::optional<uint32_t> memo_of_field(std::string_view control_header);

}  // namespace hanok
