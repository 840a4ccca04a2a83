// Fuzzes the safetensors reader: any bytes give a file whose tensors can be read to their last byte, or an error.
#include <cstddef>
#include <cstdint>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "formats/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const int fd = ::memfd_create("fuzz.safetensors", 0);
  if (fd < 0 || ::write(fd, data, n_bytes) != static_cast<ssize_t>(n_bytes)) return 0;
  const auto file = hanok::SafetensorsFile::open("/proc/self/fd/" + std::to_string(fd));
  if (file) {
    volatile unsigned sum = 0;
    for (const auto& tensor : file->tensors) {
      const auto& view = tensor.view;
      if (view.n_bytes() == 0) continue;
      sum = sum + static_cast<unsigned>(view.data[0]) + static_cast<unsigned>(view.data[view.n_bytes() - 1]);
    }
  }
  ::close(fd);
  return 0;
}
