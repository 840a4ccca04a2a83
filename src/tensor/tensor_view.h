// A named type, shape and place in memory that somebody else owns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "tensor/dtype.h"

namespace hanok {

// Up to four dimensions, outermost first, as in PyTorch: a Linear's weight is [n_out, n_in]. Rows are contiguous.
struct Shape {
  std::array<int64_t, 4> dims{};
  int rank = 0;

  int64_t operator[](int i) const { return dims[static_cast<size_t>(i)]; }
  int64_t n_cols() const { return rank == 0 ? 1 : dims[static_cast<size_t>(rank - 1)]; }
  int64_t n_elems() const {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= dims[static_cast<size_t>(i)];
    return n;
  }
  int64_t n_rows() const { return n_cols() == 0 ? 0 : n_elems() / n_cols(); }
  bool operator==(const Shape&) const = default;
  std::string to_string() const {
    std::string text = "[";
    for (int i = 0; i < rank; ++i) text += (i ? ", " : "") + std::to_string(dims[static_cast<size_t>(i)]);
    return text + "]";
  }
};

inline Shape shape_of(std::initializer_list<int64_t> dims) {
  Shape shape;
  for (int64_t dim : dims) shape.dims[static_cast<size_t>(shape.rank++)] = dim;
  return shape;
}

// A weight as it lies in a file (or in memory): read-only; the memory belongs to the weight source it came from.
struct TensorView {
  DType dtype = DType::kF32;
  Shape shape;
  const std::byte* data = nullptr;

  size_t n_bytes() const { return row_bytes(dtype, shape.n_cols()) * static_cast<size_t>(shape.n_rows()); }
  const std::byte* row(int64_t row_idx) const {
    return data + static_cast<size_t>(row_idx) * row_bytes(dtype, shape.n_cols());
  }
};

}  // namespace hanok
