#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/descriptor.h"
#include "base/locale.h"

namespace hanok {
namespace {

// Only the pages that lie in it whole: others hold what is not its own.
void advise(std::span<const std::byte> mapped, int advice) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<uintptr_t>(mapped.data());
  const uintptr_t begin = (address + page - 1) / page * page;
  const uintptr_t end = (address + mapped.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, advice);
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe without a writer
  if (opened.get() < 0) {
    const ErrorKind kind = errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo;
    return fail(kind, std::string(in_language("열 수 없습니다: ", "cannot open: ")) + std::strerror(errno),
                path.string());
  }
  struct stat info {};
  if (::fstat(opened.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(ErrorKind::kInvalidInput, in_language("보통 파일이 아닙니다", "not a regular file"), path.string());
  }
  MappedFile file;
  file.path_ = path;
  file.n_bytes_ = static_cast<size_t>(info.st_size);
  if (file.n_bytes_ > 0) {
    void* address = ::mmap(nullptr, file.n_bytes_, PROT_READ, MAP_SHARED, opened.get(), 0);
    if (address == MAP_FAILED) {
      const std::string reason = std::strerror(errno);
      file.n_bytes_ = 0;
      return fail(ErrorKind::kIo, "cannot map: " + reason, path.string());
    }
    file.data_ = static_cast<const std::byte*>(address);
  }
  file.file_ = std::move(opened);
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::move(other.file_)),
      data_(std::exchange(other.data_, nullptr)),
      n_bytes_(std::exchange(other.n_bytes_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  std::swap(data_, other.data_);
  std::swap(n_bytes_, other.n_bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), n_bytes_);
}

void MappedFile::release(size_t offset, size_t n_bytes) const {
  if (data_ != nullptr && offset < n_bytes_) release({data_ + offset, std::min(n_bytes, n_bytes_ - offset)});
}

void MappedFile::release(std::span<const std::byte> mapped) {
  advise(mapped, MADV_DONTNEED);
}

void MappedFile::read_sparsely(std::span<const std::byte> mapped) {
  advise(mapped, MADV_NOHUGEPAGE);
}

}  // namespace hanok
