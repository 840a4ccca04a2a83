// Writes a GGUF file (version 3) front to back: under a temporary name, so that a file of the right name is whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"
#include "formats/gguf.h"

namespace hanok {

// A tensor before its data are known.
struct GgufTensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;

  uint64_t n_bytes() const { return row_bytes(dtype, shape.n_cols()) * static_cast<uint64_t>(shape.n_rows()); }
};

class GgufWriter {
 public:
  static constexpr uint64_t kAlignment = 32;

  // Claims the disk space where the file system can and writes the header. general.alignment in the metadata is
  // replaced by kAlignment. Errors: cannot create, disk full.
  static Result<GgufWriter> create(const std::filesystem::path& path, const GgufMetadata& metadata,
                                   std::vector<GgufTensorInfo> tensors);
  GgufWriter(GgufWriter&& other) noexcept;
  GgufWriter& operator=(GgufWriter&& other) noexcept;
  ~GgufWriter();  // without finish() nothing stays behind

  // The next bytes of the current tensor, which may not pass its end; the tensors follow in the order of create().
  Status write(std::span<const std::byte> bytes);
  // Puts the file on disk and gives it its name. Errors: bytes are missing, disk full.
  Status finish();

  uint64_t file_bytes() const { return file_bytes_; }  // when it is finished
  uint64_t written_bytes() const { return written_; }

 private:
  GgufWriter() = default;
  Status put(std::span<const std::byte> bytes);
  Status pad();
  tl::unexpected<Error> failed(const std::string& what, int error) const;

  std::filesystem::path path_, temporary_;
  std::vector<GgufTensorInfo> tensors_;
  size_t tensor_idx_ = 0;
  uint64_t tensor_bytes_ = 0;  // written of the current tensor
  uint64_t written_ = 0, file_bytes_ = 0;
  Descriptor file_;
};

}  // namespace hanok
