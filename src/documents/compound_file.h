// Microsoft's compound file (OLE, CFB): a small file system inside a file, which HWP 5 and old Office documents use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hanok {

inline constexpr std::string_view kCompoundFileMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

class CompoundFile {
 public:
  struct Stream {
    std::string path;  // names joined by '/', the root left out
    uint32_t first_sector = 0;
    uint64_t n_bytes = 0;
  };

  // Reads the allocation tables and the folders; `bytes` must outlive the file. Errors: kCorruptFile with the place.
  static Result<CompoundFile> open(std::string_view bytes, std::string where);

  const std::vector<Stream>& streams() const { return streams_; }
  // Null where there is none of this path.
  const Stream* find(std::string_view path) const;
  // Errors: kCorruptFile when the chain of sectors is broken, kLimit above max_bytes.
  Result<std::string> read(const Stream& stream, uint64_t max_bytes) const;

 private:
  Status read_header();
  Status read_fat();
  Status read_folders();
  Status read_mini();
  Status add_fat_sectors(std::string_view ids);
  Result<std::string_view> sector(uint32_t idx) const;
  Result<std::string> chain(uint32_t first, uint64_t n_bytes) const;
  Result<std::string> whole_chain(uint32_t first, const char* what) const;
  tl::unexpected<Error> broken(const char* korean, const char* english) const;

  std::string_view bytes_;
  std::string where_;
  size_t sector_bytes_ = 512;
  size_t mini_bytes_ = 64;
  uint32_t mini_cutoff_ = 4096;
  uint32_t n_sectors_ = 0;
  uint32_t first_folder_ = 0;
  bool is_large_ = false;  // version 4: sizes have 64 bits
  std::vector<uint32_t> fat_;
  std::vector<uint32_t> mini_fat_;
  std::string mini_stream_;
  uint32_t mini_first_ = 0;
  uint64_t mini_stream_bytes_ = 0;
  std::vector<Stream> streams_;
};

}  // namespace hanok
