// Memory that ends where a page begins that nobody may touch: a kernel that reads or writes behind it ends the test.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <gtest/gtest.h>

namespace hanok {

template <class T>
class Guarded {
 public:
  explicit Guarded(std::span<const T> values) : n_(values.size()) {
    const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    n_bytes_ = (values.size_bytes() + page - 1) / page * page + page;
    memory_ =
        static_cast<std::byte*>(::mmap(nullptr, n_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_NE(static_cast<void*>(memory_), MAP_FAILED);
    EXPECT_EQ(::mprotect(memory_ + n_bytes_ - page, page, PROT_NONE), 0);
    data_ = reinterpret_cast<T*>(memory_ + n_bytes_ - page) - n_;
    for (size_t i = 0; i < n_; ++i) data_[i] = values[i];
  }
  explicit Guarded(int64_t n) : Guarded(std::vector<T>(static_cast<size_t>(n))) {}
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { ::munmap(memory_, n_bytes_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::span<const T> values() const { return {data_, n_}; }

 private:
  size_t n_, n_bytes_;
  std::byte* memory_;
  T* data_;
};

}  // namespace hanok
