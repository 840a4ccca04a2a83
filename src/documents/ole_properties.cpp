#include "documents/ole_properties.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "documents/bytes.h"

namespace hanok {
namespace {

enum : uint32_t { kTitle = 2, kSubject = 3, kAuthor = 4, kKeywords = 5, kCreated = 0x0C, kSaved = 0x0D, kPages = 0x0E };
enum : uint32_t { kTypeInt = 3, kTypeUtf16 = 0x1F, kTypeTime = 0x40 };
constexpr uint32_t kMaxProperties = 1000;

std::string text_value(std::string_view value) {
  if (read_u32(value, 0) != kTypeUtf16) return {};
  const std::string text = utf8_of_utf16le(slice(value, 8, size_t{2} * read_u32(value, 4)));
  return cleaned_text(std::string_view(text).substr(0, text.find('\0')));
}

std::string time_value(std::string_view value) {
  return read_u32(value, 0) == kTypeTime ? iso_of_filetime(read_le<uint64_t>(value, 4)) : std::string();
}

}  // namespace

std::string iso_of_filetime(uint64_t ticks) {
  constexpr uint64_t kTicksPerSecond = 10'000'000, kSecondsTo1970 = 11'644'473'600, kSecondsTo2200 = 7'258'118'400;
  const uint64_t seconds = ticks / kTicksPerSecond;
  if (seconds <= kSecondsTo1970 || seconds - kSecondsTo1970 > kSecondsTo2200) return {};
  const auto time = static_cast<std::time_t>(seconds - kSecondsTo1970);
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

OleProperties read_ole_properties(std::string_view bytes) {
  OleProperties out;
  const std::string_view set = slice(bytes, read_u32(bytes, 44), bytes.size());
  const uint32_t n_properties = std::min(read_u32(set, 4), kMaxProperties);
  for (uint32_t i = 0; i < n_properties; ++i) {
    const std::string_view value = slice(set, read_u32(set, 8 + size_t{8} * i + 4), set.size());
    switch (read_u32(set, 8 + size_t{8} * i)) {
      case kTitle:
        out.metadata.title = text_value(value);
        break;
      case kSubject:
        out.metadata.subject = text_value(value);
        break;
      case kAuthor:
        out.metadata.author = text_value(value);
        break;
      case kKeywords:
        out.metadata.keywords = text_value(value);
        break;
      case kCreated:
        out.metadata.created = time_value(value);
        break;
      case kSaved:
        out.metadata.modified = time_value(value);
        break;
      case kPages:
        out.n_pages = read_u32(value, 0) == kTypeInt ? read_u32(value, 4) : 0;
        break;
      default:
        break;
    }
  }
  return out;
}

}  // namespace hanok
