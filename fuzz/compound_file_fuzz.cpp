// Fuzzes the reader of compound files: any bytes give streams that can be read, or errors.
#include <cstddef>
#include <cstdint>
#include <string>

#include "documents/compound_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const std::string bytes(reinterpret_cast<const char*>(data), n_bytes);
  const auto file = hanok::CompoundFile::open(bytes, "fuzz");
  if (!file) return 0;
  for (const auto& stream : file->streams()) {
    const auto content = file->read(stream, uint64_t{1} << 30);
    if (content && content->size() != stream.n_bytes) __builtin_trap();
  }
  return 0;
}
