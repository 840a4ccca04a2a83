#include "documents/compound_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/limits.h"

namespace hanok {
namespace {

constexpr size_t kHeaderBytes = 512;
constexpr size_t kEntryBytes = 128;
constexpr size_t kDifatInHeader = 109;
constexpr uint32_t kMaxSector = 0xFFFFFFFA;  // above: end of chain, free, reserved
constexpr uint32_t kNoEntry = 0xFFFFFFFF;
constexpr size_t kMaxEntries = 1 << 20;
constexpr size_t kMaxPathBytes = 1024;

struct FolderEntry {
  std::string name;
  uint8_t type = 0;  // 1 storage, 2 stream, 5 root
  uint32_t left = kNoEntry, right = kNoEntry, child = kNoEntry;
  uint32_t first_sector = 0;
  uint64_t n_bytes = 0;
};

FolderEntry read_entry(std::string_view bytes, bool is_large) {
  FolderEntry entry;
  const size_t name_bytes = std::min<size_t>(read_u16(bytes, 0x40), 64);
  entry.name = utf8_of_utf16le(bytes.substr(0, name_bytes >= 2 ? name_bytes - 2 : 0));
  entry.type = static_cast<uint8_t>(bytes[0x42]);
  entry.left = read_u32(bytes, 0x44);
  entry.right = read_u32(bytes, 0x48);
  entry.child = read_u32(bytes, 0x4C);
  entry.first_sector = read_u32(bytes, 0x74);
  entry.n_bytes = is_large ? read_le<uint64_t>(bytes, 0x78) : read_u32(bytes, 0x78);
  return entry;
}

}  // namespace

tl::unexpected<Error> CompoundFile::broken(const char* korean, const char* english) const {
  return fail(ErrorKind::kCorruptFile, in_language(korean, english), where_, "", "",
              in_language("파일이 깨졌거나 덜 받아졌습니다", "the file is damaged or incomplete"));
}

Result<CompoundFile> CompoundFile::open(std::string_view bytes, std::string where) {
  CompoundFile file;
  file.bytes_ = bytes;
  file.where_ = std::move(where);
  HANOK_RETURN_IF_ERROR(file.read_header());
  HANOK_RETURN_IF_ERROR(file.read_fat());
  HANOK_RETURN_IF_ERROR(file.read_folders());
  HANOK_RETURN_IF_ERROR(file.read_mini());
  return file;
}

Status CompoundFile::read_header() {
  if (bytes_.size() < kHeaderBytes || !bytes_.starts_with(kCompoundFileMagic))
    return broken("복합 파일의 머리가 없습니다", "the compound file has no header");
  const uint16_t version = read_u16(bytes_, 0x1A), shift = read_u16(bytes_, 0x1E), mini_shift = read_u16(bytes_, 0x20);
  const bool is_known = (version == 3 && shift == 9) || (version == 4 && shift == 12);
  if (!is_known || mini_shift != 6 || read_u16(bytes_, 0x1C) != 0xFFFE)
    return broken("복합 파일의 머리가 잘못되었습니다", "the compound file's header is wrong");
  is_large_ = version == 4;
  sector_bytes_ = size_t{1} << shift;
  mini_cutoff_ = read_u32(bytes_, 0x38);
  first_folder_ = read_u32(bytes_, 0x30);
  // The last sector may be cut short by writers that do not pad.
  const size_t n_sectors = bytes_.size() <= sector_bytes_ ? 0 : (bytes_.size() - 1) / sector_bytes_;
  if (n_sectors >= kMaxSector) return broken("복합 파일이 너무 큽니다", "the compound file is too large");
  n_sectors_ = static_cast<uint32_t>(n_sectors);
  return {};
}

Result<std::string_view> CompoundFile::sector(uint32_t idx) const {
  if (idx >= n_sectors_) return broken("파일 밖의 섹터를 가리킵니다", "a sector lies outside the file");
  return slice(bytes_, (size_t{idx} + 1) * sector_bytes_, sector_bytes_);
}

Status CompoundFile::add_fat_sectors(std::string_view ids) {
  for (size_t at = 0; at + 4 <= ids.size(); at += 4) {
    const uint32_t id = read_u32(ids, at);
    if (id >= kMaxSector) continue;
    // It may describe more sectors than there are (Office sets some aside), but each of its own is one.
    if (fat_.size() >= n_sectors_ * (sector_bytes_ / 4))
      return broken("할당표가 파일보다 큽니다", "the allocation table is larger than the file");
    HANOK_TRY(const std::string_view part, sector(id));
    for (size_t i = 0; i < sector_bytes_; i += 4) fat_.push_back(i + 4 <= part.size() ? read_u32(part, i) : kNoEntry);
  }
  return {};
}

Status CompoundFile::read_fat() {
  HANOK_RETURN_IF_ERROR(add_fat_sectors(bytes_.substr(0x4C, kDifatInHeader * 4)));
  uint32_t next = read_u32(bytes_, 0x44);
  for (uint32_t n_read = 0; next < kMaxSector; ++n_read) {
    if (n_read >= n_sectors_) return broken("할당표의 목록이 맴돕니다", "the list of allocation tables loops");
    HANOK_TRY(const std::string_view part, sector(next));
    if (part.size() < sector_bytes_) return broken("할당표가 잘렸습니다", "an allocation table is cut short");
    HANOK_RETURN_IF_ERROR(add_fat_sectors(part.substr(0, sector_bytes_ - 4)));
    next = read_u32(part, sector_bytes_ - 4);
  }
  return {};
}

Result<std::string> CompoundFile::chain(uint32_t first, uint64_t n_bytes) const {
  if (n_bytes > bytes_.size()) return broken("흐름이 파일보다 큽니다", "a stream is larger than the file");
  std::string out;
  out.reserve(static_cast<size_t>(n_bytes));
  for (uint32_t id = first; out.size() < n_bytes;) {  // never longer than the file, so a loop ends
    HANOK_TRY(const std::string_view part, sector(id));
    out += part.substr(0, static_cast<size_t>(std::min<uint64_t>(part.size(), n_bytes - out.size())));
    if (out.size() == n_bytes) break;
    if (part.size() < sector_bytes_) return broken("흐름이 도중에 끝납니다", "a stream ends too early");
    if (id >= fat_.size()) return broken("할당표 밖의 섹터입니다", "a sector is not in the allocation table");
    id = fat_[id];
  }
  return out;
}

Result<std::string> CompoundFile::whole_chain(uint32_t first, const char* what) const {
  std::string out;
  uint32_t n_read = 0;
  for (uint32_t id = first; id < kMaxSector; id = fat_[id]) {
    if (++n_read > n_sectors_ || id >= fat_.size()) {
      Error error = broken("섹터의 사슬이 맴돕니다", "a chain of sectors loops").value();
      error.got = what;
      return fail(std::move(error));
    }
    HANOK_TRY(const std::string_view part, sector(id));
    out += part;
  }
  return out;
}

Status CompoundFile::read_folders() {
  HANOK_TRY(const std::string folders, whole_chain(first_folder_, in_language("폴더", "folders")));
  const size_t n_entries = folders.size() / kEntryBytes;
  if (n_entries == 0) return broken("뿌리 폴더가 없습니다", "there is no root folder");
  if (n_entries > kMaxEntries) return broken("폴더에 든 것이 너무 많습니다", "too many entries in the folders");
  const auto entry_at = [&](uint32_t idx) {
    return read_entry(std::string_view(folders).substr(idx * kEntryBytes, kEntryBytes), is_large_);
  };
  const FolderEntry root = entry_at(0);
  if (root.type != 5) return broken("뿌리 폴더가 없습니다", "there is no root folder");
  mini_first_ = root.first_sector;
  mini_stream_bytes_ = root.n_bytes;
  std::vector<bool> seen(n_entries, false);
  std::vector<std::pair<uint32_t, std::string>> open{{root.child, ""}};
  while (!open.empty()) {
    auto [idx, folder] = std::move(open.back());
    open.pop_back();
    if (idx == kNoEntry) continue;
    if (idx >= n_entries || seen[idx]) return broken("폴더가 맴돕니다", "the folders loop");
    seen[idx] = true;
    const FolderEntry entry = entry_at(idx);
    const std::string path = folder + entry.name;
    if (path.size() > kMaxPathBytes) return broken("폴더가 너무 깊습니다", "the folders are too deep");
    open.emplace_back(entry.left, folder);
    open.emplace_back(entry.right, folder);
    if (entry.type == 1) open.emplace_back(entry.child, path + "/");
    if (entry.type == 2) streams_.push_back({path, entry.first_sector, entry.n_bytes});
  }
  std::sort(streams_.begin(), streams_.end(), [](const Stream& a, const Stream& b) { return a.path < b.path; });
  return {};
}

Status CompoundFile::read_mini() {
  const uint32_t first = read_u32(bytes_, 0x3C);
  if (first < kMaxSector && read_u32(bytes_, 0x40) > 0) {
    HANOK_TRY(const std::string table, whole_chain(first, in_language("작은 할당표", "the mini allocation table")));
    for (size_t i = 0; i + 4 <= table.size(); i += 4) mini_fat_.push_back(read_u32(table, i));
  }
  if (mini_first_ >= kMaxSector || mini_stream_bytes_ == 0) return {};
  HANOK_TRY(mini_stream_, chain(mini_first_, mini_stream_bytes_));
  return {};
}

const CompoundFile::Stream* CompoundFile::find(std::string_view path) const {
  const auto found =
      std::lower_bound(streams_.begin(), streams_.end(), path,
                       [](const Stream& stream, std::string_view wanted) { return stream.path < wanted; });
  return found != streams_.end() && found->path == path ? &*found : nullptr;
}

Result<std::string> CompoundFile::read(const Stream& stream, uint64_t max_bytes) const {
  const auto in_stream = [&](Error error) { return fail(error.in(stream.path)); };
  if (stream.n_bytes > max_bytes)
    return fail(ErrorKind::kLimit, in_language("흐름이 너무 큽니다", "a stream is too large"),
                where_ + ": " + stream.path,
                fmt::format(fmt::runtime(in_language("최대 {}바이트", "at most {} bytes")), max_bytes),
                fmt::format("{}", stream.n_bytes));
  if (stream.n_bytes >= mini_cutoff_) {
    auto whole = chain(stream.first_sector, stream.n_bytes);
    if (!whole) return in_stream(whole.error());
    return whole;
  }
  std::string out;
  for (uint32_t id = stream.first_sector; out.size() < stream.n_bytes;) {  // bounded by the cut-off
    const std::string_view part = slice(mini_stream_, size_t{id} * mini_bytes_, mini_bytes_);
    out += part.substr(0, static_cast<size_t>(std::min<uint64_t>(part.size(), stream.n_bytes - out.size())));
    if (out.size() == stream.n_bytes) break;
    if (part.size() < mini_bytes_ || id >= mini_fat_.size())
      return in_stream(broken("흐름이 도중에 끝납니다", "a stream ends too early").value());
    id = mini_fat_[id];
  }
  return out;
}

}  // namespace hanok
