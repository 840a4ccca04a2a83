#include "documents/office_package.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"

namespace hanok {

std::string spun_hash(Hasher& hash, std::string_view salt, std::string_view password, uint32_t n_rounds) {
  std::string out = hash.of({salt, password});
  for (uint32_t i = 0; i < n_rounds; ++i) out = hash.of({bytes_of_u32(i), out});
  return out;
}

Result<size_t> office_package_bytes(std::string_view stream, const std::string& where) {
  constexpr size_t kBlockBytes = 16;
  const size_t n_there =
      (std::max(stream.size(), kOfficePackageHeader) - kOfficePackageHeader) / kBlockBytes * kBlockBytes;
  const auto n_bytes = read_le<uint64_t>(stream, 0);
  if (n_bytes > 0 && n_bytes <= n_there) return static_cast<size_t>(n_bytes);
  return fail(ErrorKind::kCorruptFile,
              in_language("잠긴 내용의 크기가 맞지 않습니다", "the locked content has not its size"), where,
              fmt::format("{}", n_bytes), fmt::format("{}", n_there),
              in_language("파일이 깨졌거나 덜 받아졌습니다", "the file is damaged or incomplete"));
}

}  // namespace hanok
