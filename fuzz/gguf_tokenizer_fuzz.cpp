// Fuzzes the reader of a GGUF file's tokenizer: any file that opens gives a tokenizer that works, or an error.
#include <cstddef>
#include <cstdint>

#include <sys/mman.h>
#include <unistd.h>

#include "use_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const int fd = ::memfd_create("fuzz.gguf", 0);
  if (fd < 0 || ::write(fd, data, n_bytes) != static_cast<ssize_t>(n_bytes)) return 0;
  if (const auto file = hanok::GgufFile::open("/proc/self/fd/" + std::to_string(fd))) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), n_bytes);
    if (const auto tokenizer = hanok::Tokenizer::from_gguf(*file)) hanok::use_tokenizer(*tokenizer, bytes);
  }
  ::close(fd);
  return 0;
}
