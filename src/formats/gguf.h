// Reads GGUF files (version 2 and 3), split files included: metadata by key, tensors as views into the map.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "tensor/tensor_view.h"

namespace hanok {

// GGUF's metadata types by id.
struct GgufType {
  enum Id : uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kString, kArray, kU64, kI64, kF64 };
};

// A metadata value. Unsigned integers are held as uint64, signed as int64, floats as double; arrays likewise, with all
// integer arrays as int64.
struct GgufValue {
  uint32_t type = 0;  // GGUF's value type; the element's type for arrays
  std::variant<uint64_t, int64_t, double, bool, std::string, std::vector<std::string>, std::vector<int64_t>,
               std::vector<double>, std::vector<bool>>
      value;
};

// Values as a writer states them.
inline GgufValue gguf_u32(uint32_t value) {
  return {GgufType::kU32, uint64_t{value}};
}
inline GgufValue gguf_f32(float value) {
  return {GgufType::kF32, static_cast<double>(value)};
}
inline GgufValue gguf_bool(bool value) {
  return {GgufType::kBool, value};
}
inline GgufValue gguf_string(std::string value) {
  return {GgufType::kString, std::move(value)};
}

using GgufMetadata = std::map<std::string, GgufValue, std::less<>>;

class GgufFile {
 public:
  struct Tensor {
    std::string name;
    TensorView view;  // shape outermost first, so reversed from the file's order
  };

  // Opens a file; any part of a split file ("name-00001-of-00003.gguf") opens all parts. Everything is checked before
  // it is returned: counts and lengths against the file's size, types, offsets, overlaps, duplicate names.
  static Result<GgufFile> open(const std::filesystem::path& path);

  // A file without tensors that was never written.
  GgufFile() = default;
  explicit GgufFile(GgufMetadata metadata) : metadata_(std::move(metadata)) {}

  const GgufMetadata& metadata() const { return metadata_; }
  const GgufValue* find(std::string_view key) const;
  // Typed access; a missing key or another type is an error that names the key.
  Result<int64_t> get_int(std::string_view key) const;
  Result<bool> get_bool(std::string_view key) const;
  Result<std::string> get_string(std::string_view key) const;
  Result<std::vector<std::string>> get_strings(std::string_view key) const;
  Result<std::vector<int64_t>> get_ints(std::string_view key) const;
  Result<std::vector<double>> get_floats(std::string_view key) const;

  const std::vector<Tensor>& tensors() const { return tensors_; }
  const std::vector<MappedFile>& parts() const { return parts_; }  // of a split model, in order; else the one file
  // Lets the mapped pages of (a part of) a tensor go; they are read again from the file when touched.
  void release(std::span<const std::byte> bytes) const;
  // Forgets the arrays whose keys begin so.
  void forget_arrays(std::string_view prefix);

 private:
  // The part_idx-th of n_parts, from 0.
  Status add_part(const std::filesystem::path& path, size_t part_idx, size_t n_parts);

  std::vector<MappedFile> parts_;
  GgufMetadata metadata_;
  std::vector<Tensor> tensors_;
};

}  // namespace hanok
