#include "documents/hwp3_drawing.h"

#include <algorithm>
#include <cstdint>

#include "documents/bytes.h"

namespace hanok {
namespace {

constexpr size_t kObjectsAt = 8;  // in the frame, how many there are
constexpr size_t kTypeAt = 4, kLinksAt = 6, kOptionsAt = 88, kPlainHeaderBytes = 92;  // in an object's header
constexpr uint16_t kTextBox = 6;
constexpr uint16_t kHasNext = 1, kHasChild = 2;  // links

struct Option {
  uint32_t bit;
  size_t n_bytes;
};
constexpr Option kOptions[] = {{1 << 16, 28}, {1 << 17, 32}, {1 << 18, 278}};  // gradient, rotation, pattern

// As long as its options make it, or as it says where newer ones follow.
size_t header_bytes(std::string_view bytes) {
  const uint32_t options = read_u32(bytes, kOptionsAt);
  size_t n_bytes = kPlainHeaderBytes;
  for (const Option& option : kOptions)
    if ((options & option.bit) != 0) n_bytes += option.n_bytes;
  const size_t said = size_t{4} + read_u32(bytes, 0);
  return said <= bytes.size() ? std::max(n_bytes, said) : n_bytes;
}

// Cuts off bytes with their number before them; false where there are fewer.
bool take_counted(std::string_view& bytes, std::string_view& out) {
  const size_t n_bytes = read_u32(bytes, 0);
  if (bytes.size() < 4 || bytes.size() - 4 < n_bytes) return false;
  out = bytes.substr(4, n_bytes);
  bytes.remove_prefix(4 + n_bytes);
  return true;
}

}  // namespace

// Objects follow one another, children right behind their parent.
Hwp3Drawing read_hwp3_drawing(std::string_view bytes) {
  Hwp3Drawing out;
  if (read_u32(bytes, kObjectsAt) == 0) return out;
  bytes = slice(bytes, size_t{4} + read_u32(bytes, 0), bytes.size());
  std::vector<bool> parents;  // whether another object follows when their children end
  for (bool has_more = true; has_more;) {
    const size_t n_header = header_bytes(bytes);
    const uint16_t type = read_u16(bytes, kTypeAt), links = read_u16(bytes, kLinksAt);
    std::string_view first, second;
    bytes = slice(bytes, n_header, bytes.size());
    if (!take_counted(bytes, first) || !take_counted(bytes, second)) {
      out.is_whole = false;
      return out;
    }
    if (type == kTextBox && !second.empty()) out.texts.push_back(second);
    has_more = (links & kHasNext) != 0;
    if ((links & kHasChild) != 0) {
      parents.push_back(has_more);
      has_more = true;
    }
    while (!has_more && !parents.empty()) {
      has_more = parents.back();
      parents.pop_back();
    }
  }
  return out;
}

}  // namespace hanok
