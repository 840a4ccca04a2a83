// A read-only memory map of a whole file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "base/descriptor.h"
#include "base/result.h"

namespace hanok {

class MappedFile {
 public:
  // Maps the file. Errors: not found, not a regular file, cannot be mapped. An empty file maps to an empty span.
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, n_bytes_}; }
  const std::filesystem::path& path() const { return path_; }
  // Of the mapped file, whatever has that name now.
  int descriptor() const { return file_.get(); }

  // Lets the resident pages of [offset, offset + n_bytes) go: they are read again from the file when touched.
  void release(size_t offset, size_t n_bytes) const;
  // The same for a part of any file that is mapped read-only.
  static void release(std::span<const std::byte> mapped);
  // Small parts of it will be read here and there: reading one makes no huge page of the file resident.
  static void read_sparsely(std::span<const std::byte> mapped);

 private:
  std::filesystem::path path_;
  Descriptor file_;
  const std::byte* data_ = nullptr;
  size_t n_bytes_ = 0;
};

}  // namespace hanok
