// Wheels through libzip.
#include "hub/wheel.h"

#include <memory>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <zip.h>

#include "base/locale.h"
#include "hub/model_spec.h"

namespace hanok {
namespace {

constexpr int64_t kMaxEntries = 20000;
constexpr uint64_t kMaxRatio = 200;  // weights hardly compress; a member that grows more than this is a bomb

struct ZipClose {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::string printable(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 120)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out;
}

struct Member {
  uint64_t idx = 0;
  std::string name;
  uint64_t n_bytes = 0;
  uint64_t packed_bytes = 0;
};

Result<Member> find_member(zip_t* archive, const std::string& where, const std::string& wanted) {
  const int64_t n_entries = zip_get_num_entries(archive, 0);
  if (n_entries > kMaxEntries) {
    return fail(ErrorKind::kLimit, "too many files in the archive", where, fmt::format("at most {}", kMaxEntries),
                fmt::format("{}", n_entries));
  }
  Member best;
  bool found = false;
  for (int64_t i = 0; i < n_entries; ++i) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat_index(archive, static_cast<uint64_t>(i), 0, &stat) != 0 || (stat.valid & ZIP_STAT_NAME) == 0) {
      return fail(ErrorKind::kCorruptFile, "an unreadable entry in the archive", where);
    }
    std::string_view name = stat.name;
    if (!name.empty() && name.back() == '/') name.remove_suffix(1);
    if (!is_plain_path(name)) {
      return fail(ErrorKind::kCorruptFile, "a file name in the archive leaves its folder", where, "a relative path",
                  printable(stat.name), "do not trust this package");
    }
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE) {
      return fail(ErrorKind::kUnsupported, "an encrypted file in the archive", where, {}, printable(stat.name));
    }
    if (!wanted.empty() ? wanted != stat.name : found && stat.size <= best.n_bytes) continue;
    if (!wanted.empty() && found) return fail(ErrorKind::kCorruptFile, "the member is there twice", where, {}, wanted);
    best = Member{static_cast<uint64_t>(i), stat.name, stat.size, stat.comp_size};
    found = true;
  }
  if (!found)
    return fail(ErrorKind::kNotFound, in_language("휠에 그 멤버가 없습니다", "the archive does not hold the member"),
                where, wanted.empty() ? "a file" : wanted);
  return best;
}

}  // namespace

Result<std::string> read_wheel_member(const std::filesystem::path& wheel, const std::string& member, uint64_t max_bytes,
                                      const std::function<Status(std::span<const std::byte>)>& on_bytes) {
  const std::string where = wheel.filename().string();
  int code = 0;
  const std::unique_ptr<zip_t, ZipClose> archive(zip_open(wheel.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    return fail(ErrorKind::kCorruptFile, in_language("읽을 수 없는 휠입니다", "not a readable wheel"), where,
                in_language("zip 파일", "a zip archive"), reason);
  }
  HANOK_TRY(const Member found, find_member(archive.get(), where, member));
  if (found.n_bytes > max_bytes) {
    return fail(ErrorKind::kLimit, in_language("멤버가 예상보다 큽니다", "the member is larger than expected"),
                where + ": " + found.name, fmt::format("at most {} bytes", max_bytes),
                fmt::format("{} bytes", found.n_bytes));
  }
  if (found.n_bytes > (uint64_t{1} << 20) && found.n_bytes / kMaxRatio > found.packed_bytes) {
    return fail(ErrorKind::kLimit, "the member is compressed beyond belief", where + ": " + found.name, {},
                fmt::format("{} bytes from {}", found.n_bytes, found.packed_bytes), "do not trust this package");
  }
  const std::unique_ptr<zip_file_t, ZipClose> file(zip_fopen_index(archive.get(), found.idx, 0));
  if (!file)
    return fail(ErrorKind::kCorruptFile, "the member cannot be opened", where, {}, zip_strerror(archive.get()));
  std::vector<std::byte> buffer(size_t{1} << 20);
  uint64_t n_done = 0;
  while (true) {
    const zip_int64_t n_read = zip_fread(file.get(), buffer.data(), buffer.size());
    if (n_read < 0)
      return fail(ErrorKind::kCorruptFile, in_language("멤버가 깨졌습니다", "the member is damaged"),
                  where + ": " + found.name, {}, zip_file_strerror(file.get()));
    n_done += static_cast<uint64_t>(n_read);
    if (n_done > found.n_bytes || (n_read == 0 && n_done != found.n_bytes)) {
      return fail(ErrorKind::kCorruptFile, "the member has another size than the archive says",
                  where + ": " + found.name, fmt::format("{} bytes", found.n_bytes), fmt::format("{} bytes", n_done));
    }
    if (n_read == 0) return found.name;
    HANOK_RETURN_IF_ERROR(on_bytes(std::span(buffer).first(static_cast<size_t>(n_read))));
  }
}

}  // namespace hanok
