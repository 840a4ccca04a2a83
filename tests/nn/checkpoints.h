// Small checkpoints for the tests of nn/: a folder with any config.json and tensors, a GGUF file with any keys.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "formats/checkpoint.h"
#include "formats/gguf_writer.h"

namespace hanok {

// A folder of one test, removed with its owner.
class TestFolder {
 public:
  TestFolder()
      : path_(std::filesystem::path(testing::TempDir()) /
              ("hanok_nn_" + std::to_string(::getpid()) + "_" + std::to_string(n_made_++))) {
    std::filesystem::create_directories(path_);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  static inline int n_made_ = 0;
  std::filesystem::path path_;
};

inline Checkpoint opened(const std::filesystem::path& path) {
  auto checkpoint = Checkpoint::open(path);
  if (!checkpoint) throw std::runtime_error(checkpoint.error().to_string());
  return std::move(*checkpoint);
}

struct F32Tensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

// config.json and a safetensors file.
inline Checkpoint json_checkpoint(const TestFolder& folder, const nlohmann::ordered_json& config,
                                  const std::vector<F32Tensor>& tensors = {{"x", {1}, {1}}}) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::string data;
  for (const F32Tensor& tensor : tensors) {
    const size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float));
    header[tensor.name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  const uint64_t n_bytes = text.size();
  std::string length(sizeof n_bytes, '\0');
  std::memcpy(length.data(), &n_bytes, sizeof n_bytes);
  std::ofstream(folder.path() / "model.safetensors", std::ios::binary) << length << text << data;
  std::ofstream(folder.path() / "config.json") << config;
  return opened(folder.path());
}

struct RawTensor {
  GgufTensorInfo info;
  std::vector<std::byte> bytes;
};

inline RawTensor f32_tensor(std::string name, const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {{std::move(name), DType::kF32, shape_of({static_cast<int64_t>(values.size())})},
          {bytes.begin(), bytes.end()}};
}

// A GGUF file; keys are written as given.
inline Checkpoint gguf_checkpoint(const TestFolder& folder, const GgufMetadata& metadata,
                                  const std::vector<RawTensor>& tensors = {f32_tensor("x", {1})}) {
  const auto path = folder.path() / "model.gguf";
  std::vector<GgufTensorInfo> infos;
  for (const RawTensor& tensor : tensors) infos.push_back(tensor.info);
  auto writer = GgufWriter::create(path, metadata, infos);
  if (!writer) throw std::runtime_error(writer.error().to_string());
  for (const RawTensor& tensor : tensors)
    if (const Status status = writer->write(tensor.bytes); !status)
      throw std::runtime_error(status.error().to_string());
  if (const Status status = writer->finish(); !status) throw std::runtime_error(status.error().to_string());
  return opened(path);
}

}  // namespace hanok
