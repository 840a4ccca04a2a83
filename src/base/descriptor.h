// Open file descriptors, and locks on files that are being written, which the system lets go when their writer dies.
#pragma once

#include <filesystem>
#include <utility>

namespace hanok {

// An open file descriptor, closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }

 private:
  int fd_;
};

// Takes the lock of an open file if nobody else has it; errno tells why not.
bool try_lock(int fd);
// Whether the open file still has this name: a file that is locked may have been renamed or removed before.
bool is_named(int fd, const std::filesystem::path& path);
// Removes a file, no link, unless somebody holds its lock; whether it did.
bool remove_unlocked(const std::filesystem::path& path);

}  // namespace hanok
