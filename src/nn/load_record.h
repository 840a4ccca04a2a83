// What a family's loader asks of a folder, told in GGUF's names: written down, it makes a GGUF file of the folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "formats/gguf.h"

namespace hanok {

// How a tensor lies in GGUF where it differs from the folder's.
struct GgufForm {
  // Row r of every group of row_order.size() rows is row row_order[r] of the folder's group; empty: the same order.
  std::vector<int64_t> row_order;
  int64_t first_row = 0;        // rows before it are left out
  float factor = 1, added = 0;  // weight in GGUF = factor * (weight in the folder + added); only for vectors
};

struct LoadRecord {
  struct Tensor {
    std::string gguf, hf;  // full names; no hf name where the values are computed
    GgufForm form;
    std::shared_ptr<const std::vector<float>> computed;
  };

  std::string architecture;  // general.architecture
  GgufMetadata keys;         // without the architecture's prefix
  std::vector<Tensor> tensors;

  bool has(const std::string& gguf_name) const;
};

}  // namespace hanok
