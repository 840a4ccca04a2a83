#include "documents/hwp_control.h"

#include "documents/bytes.h"

namespace hanok {
namespace {

constexpr size_t kWideUnits = 8;  // of an inline or extended control
constexpr size_t kCommandAt = 9;  // of a field: after the id, the attributes and one more byte

bool is_single(uint16_t code) {
  return code == 0 || code == 10 || code == 13 || (code >= 24 && code < 32);
}

// Extended controls, whose object follows as records; the others between are inline.
bool is_extended(uint16_t code) {
  return (code >= 1 && code <= 3) || code == 11 || code == 12 || (code >= 14 && code <= 18) ||
         (code >= 21 && code <= 23);
}

}  // namespace

std::vector<HwpTextUnit> scan_hwp_text(std::string_view text) {
  std::vector<HwpTextUnit> out;
  const size_t n_units = text.size() / 2;
  out.reserve(n_units);
  for (size_t i = 0; i < n_units;) {
    const uint16_t code = read_u16(text, 2 * i);
    if (code >= 32) {
      const char32_t next = i + 1 < n_units ? read_u16(text, 2 * i + 2) : 0;
      const bool is_pair = code >= 0xD800 && code < 0xDC00 && next >= 0xDC00 && next < 0xE000;
      const bool is_lone = !is_pair && code >= 0xD800 && code < 0xE000;
      const char32_t pair = 0x10000 + ((char32_t{code} & 0x3FF) << 10) + (next & 0x3FF);
      out.push_back({is_pair ? pair : is_lone ? char32_t{0xFFFD} : char32_t{code}, 0, 0, false});
      i += is_pair ? 2 : 1;
    } else if (is_single(code)) {
      out.push_back({0, code, 0, false});
      ++i;
    } else {
      if (n_units - i < kWideUnits) break;
      out.push_back({0, code, read_u32(text, 2 * i + 2), is_extended(code)});
      i += kWideUnits;
    }
  }
  return out;
}

std::string hyperlink_target(std::string_view control_header) {
  const std::string command = read_counted_utf16(control_header, kCommandAt);
  std::string out;
  for (size_t i = 0; i < command.size() && command[i] != ';'; ++i) {
    if (command[i] == '\\' && i + 1 < command.size()) ++i;
    out += command[i];
  }
  return cleaned_text(out);
}

std::optional<uint32_t> memo_of_field(std::string_view control_header) {
  if (!read_counted_utf16(control_header, kCommandAt).starts_with("MEMO")) return std::nullopt;
  const size_t instance_at = kCommandAt + 2 + size_t{2} * read_u16(control_header, kCommandAt);
  if (control_header.size() < instance_at + 8) return std::nullopt;
  return read_u32(control_header, instance_at + 4);
}

}  // namespace hanok
