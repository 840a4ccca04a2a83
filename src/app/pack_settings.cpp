#include "app/pack_settings.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "base/disk.h"
#include "base/locale.h"

namespace hanok {

Result<PackCacheOptions> pack_cache_settings() {
  constexpr uint64_t kGigabyte = 1'000'000'000, kMost = 1'000'000;
  constexpr const char* kVariable = "HANOK_PACK_CACHE_GB";
  PackCacheOptions options;
  uint64_t gigabytes = 20;
  if (const char* set = std::getenv(kVariable); set != nullptr && set[0] != '\0') {
    const std::string_view text = set;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), gigabytes);
    if (error != std::errc{} || end != text.data() + text.size() || gigabytes > kMost) {
      return fail(ErrorKind::kInvalidInput, in_language("값이 맞지 않습니다", "this value does not fit"), kVariable,
                  in_language("정수(GB), 0은 끔", "a whole number of gigabytes, 0 for none"), std::string(text));
    }
  }
  const auto folder = xdg_folder("XDG_CACHE_HOME", ".cache");
  if (!folder || gigabytes == 0) return options;
  options.folder = *folder / "hanok" / "packed";
  options.limit_bytes = gigabytes * kGigabyte;
  return options;
}

}  // namespace hanok
