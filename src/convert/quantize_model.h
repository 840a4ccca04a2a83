// Writes a model as a GGUF file of another type, and says how much each tensor was distorted.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "convert/file_type.h"
#include "formats/checkpoint.h"
#include "ops/context.h"

namespace hanok {

struct QuantizedTensor {
  std::string name;  // GGUF's
  Shape shape;
  DType from = DType::kF32, to = DType::kF32;
  uint64_t from_bytes = 0, to_bytes = 0;
  double distortion = 0;  // root of (squared error / squared weights); 0 for a copy
};

struct QuantizeReport {
  std::vector<QuantizedTensor> tensors;
  uint64_t file_bytes = 0;
  std::vector<std::string> notes;
};

struct QuantizeOptions {
  const FileType* type = nullptr;
  bool overwrite = false;
  bool with_tokenizer = true;  // false: for models that have none
  // Called between pieces of work with the bytes written, those of the whole file, and the tensor at hand; false stops
  // the work.
  std::function<bool(uint64_t, uint64_t, const std::string&)> progress;
};

// Errors: `out` exists (unless overwrite) or is one of the model's own files; a weight that is not finite; a disk that
// is full; kInterrupted. Whatever fails, `out` is as it was before.
Result<QuantizeReport> quantize_model(const Checkpoint& checkpoint, const std::filesystem::path& out,
                                      const ExecContext& ctx, const QuantizeOptions& options);

}  // namespace hanok
