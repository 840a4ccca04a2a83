#include "documents/zip_archive.h"

#include <algorithm>

#include <fmt/format.h>
#include <zip.h>

#include "base/locale.h"
#include "documents/inflate.h"
#include "documents/limits.h"

namespace hanok {
namespace {

struct CloseMember {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

tl::unexpected<Error> unreadable(const std::string& where, const std::string& reason) {
  return fail(ErrorKind::kCorruptFile, in_language("ZIP으로 읽을 수 없습니다", "not a readable ZIP archive"), where, "",
              reason, in_language("파일이 깨졌거나 덜 받아졌습니다", "the file is damaged or incomplete"));
}

tl::unexpected<Error> too_large(const std::string& where, uint64_t n_bytes, uint64_t max_bytes) {
  return fail(ErrorKind::kLimit, in_language("내용이 너무 큽니다", "the content is too large"), where,
              fmt::format(fmt::runtime(in_language("최대 {}바이트", "at most {} bytes")), max_bytes),
              fmt::format("{}", n_bytes));
}

}  // namespace

void ZipArchive::Close::operator()(struct zip* archive) const {
  zip_discard(archive);
}

Result<ZipArchive> ZipArchive::open(std::string_view bytes, const std::string& where) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* opened = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
  const std::string reason = opened == nullptr ? zip_error_strerror(&error) : "";
  zip_error_fini(&error);
  if (opened == nullptr) {
    if (source != nullptr) zip_source_free(source);
    return unreadable(where, reason);
  }
  ZipArchive archive;
  archive.archive_.reset(opened);
  archive.where_ = where;
  archive.n_bytes_left_ = kMaxTotalBytes;
  const zip_int64_t n_members = zip_get_num_entries(opened, 0);
  if (n_members < 0 || static_cast<uint64_t>(n_members) > kMaxArchiveMembers) {
    return fail(ErrorKind::kLimit, in_language("파일이 너무 많이 들었습니다", "too many files in the archive"), where,
                fmt::format("{}", kMaxArchiveMembers), fmt::format("{}", n_members));
  }
  for (uint64_t i = 0; i < static_cast<uint64_t>(n_members); ++i)
    if (const char* name = zip_get_name(opened, i, 0); name != nullptr) archive.members_.emplace(name, i);
  return archive;
}

Result<std::string> ZipArchive::read(const std::string& name) {
  const std::string place = where_ + ": " + name;
  const auto found = members_.find(name);
  if (found == members_.end())
    return fail(ErrorKind::kNotFound, in_language("있어야 할 부분이 없습니다", "a part of the document is missing"),
                place);
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_stat_index(archive_.get(), found->second, 0, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0)
    return unreadable(place, zip_strerror(archive_.get()));
  if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE)
    return fail(ErrorKind::kPassword, in_language("암호가 걸린 ZIP입니다", "an encrypted ZIP archive"), place);
  const uint64_t max_bytes = std::min(kMaxPartBytes, n_bytes_left_);
  if (stat.size > max_bytes) return too_large(place, stat.size, max_bytes);
  HANOK_RETURN_IF_ERROR(check_inflation(stat.comp_size, stat.size, place));
  const std::unique_ptr<zip_file_t, CloseMember> file(zip_fopen_index(archive_.get(), found->second, 0));
  if (!file) return unreadable(place, zip_strerror(archive_.get()));
  std::string out;
  constexpr size_t kStep = size_t{1} << 18;
  while (true) {
    const size_t n_before = out.size();
    out.resize(n_before + kStep);
    const zip_int64_t n_read = zip_fread(file.get(), out.data() + n_before, kStep);
    out.resize(n_before + static_cast<size_t>(std::max<zip_int64_t>(n_read, 0)));
    if (n_read < 0) return unreadable(place, zip_file_strerror(file.get()));
    if (out.size() > stat.size)
      return unreadable(place, in_language("적힌 크기보다 큼", "larger than its stated size"));
    if (n_read == 0) break;
  }
  n_bytes_left_ -= std::min<uint64_t>(out.size(), n_bytes_left_);
  return out;
}

}  // namespace hanok
