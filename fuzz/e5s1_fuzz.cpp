// Fuzzes the reader of E5S1 files: any bytes give a file whose tensors can be read to their last byte, or an error.
#include <cstddef>
#include <cstdint>

#include "convert/e5s1_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const auto file = hanok::read_e5s1(std::as_bytes(std::span(data, n_bytes)), "fuzz");
  if (!file) return 0;
  volatile unsigned sum = 0;
  for (const auto& [name, view] : file->tensors)
    sum = sum + static_cast<unsigned>(view.data[0]) + static_cast<unsigned>(view.data[view.n_bytes() - 1]);
  return 0;
}
