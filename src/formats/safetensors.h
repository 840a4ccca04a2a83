// Reads safetensors files: a JSON header with names, types, shapes and byte ranges, then the data.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "tensor/tensor_view.h"

namespace hanok {

struct SafetensorsFile {
  struct Tensor {
    std::string name;
    TensorView view;
  };
  MappedFile file;
  std::vector<Tensor> tensors;

  // Maps the file and checks its header: F32, F16, BF16 (and integer) types, sizes that match the shapes, ranges inside
  // the file that neither overlap nor leave holes.
  static Result<SafetensorsFile> open(const std::filesystem::path& path);
};

}  // namespace hanok
