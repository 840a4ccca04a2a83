// Uninitialised memory aligned to 64 bytes (2 MiB when large, with huge pages asked for the whole ones); not copyable.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace hanok {

template <class T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  // Room for `count` elements, contents undefined. Throws std::bad_alloc as the containers of the library do.
  explicit AlignedBuffer(size_t count) : count_(count) {
    if (count == 0) return;
    const size_t n_bytes = (count * sizeof(T) + 63) / 64 * 64;
    const bool huge = n_bytes >= kHuge;
    void* memory = nullptr;
    if (::posix_memalign(&memory, huge ? kHuge : 64, n_bytes) != 0) throw std::bad_alloc();
    data_ = static_cast<T*>(memory);
    // The rest in small pages: a last huge page would waste up to 2 MiB of every buffer.
    if (huge) ::madvise(memory, n_bytes / kHuge * kHuge, MADV_HUGEPAGE);
  }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~AlignedBuffer() { std::free(data_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t count() const { return count_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

  // Makes room for at least `count` elements; what was there is lost when it grows.
  void reserve(size_t count) {
    if (count > count_) *this = AlignedBuffer(count);
  }

 private:
  static constexpr size_t kHuge = size_t{2} << 20;
  T* data_ = nullptr;
  size_t count_ = 0;
};

}  // namespace hanok
