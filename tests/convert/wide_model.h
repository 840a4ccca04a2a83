// Makes the weights of the goldens in goldens/families_wide, which keep only their tensors' names and shapes.
#pragma once

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "tiny_model.h"

namespace hanok {

inline std::filesystem::path wide_folder() {
  return std::filesystem::path(HANOK_SOURCE_DIR) / "goldens" / "families_wide";
}

// To the nearest bf16, ties to even.
inline float round_to_bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  bits = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000u;
  std::memcpy(&value, &bits, 4);
  return value;
}

// The values of tools/goldens/families.py, values_of.
inline std::vector<float> wide_values(std::string_view name, const std::vector<int64_t>& shape, bool is_small_norm) {
  uint64_t seed = 0xcbf29ce484222325u;
  for (const char byte : name) seed = (seed ^ static_cast<uint8_t>(byte)) * 0x100000001b3u;
  size_t n = 1;
  for (const int64_t size : shape) n *= static_cast<size_t>(size);
  const bool is_vector = shape.size() == 1, is_norm = is_vector && name.ends_with("weight");
  const bool is_embedding = name.find("embed") != name.npos || name.find("wte") != name.npos;
  const float scale = is_norm        ? 0.2f
                      : is_vector    ? 0.3f
                      : is_embedding ? 0.5f
                                     : static_cast<float>(1.5 / std::sqrt(static_cast<double>(shape.back())));
  const float offset = is_norm && !is_small_norm ? 1.0f : 0.0f;
  std::vector<float> values;
  for (uint64_t i = 1; i <= n; ++i) {
    uint64_t x = seed + i * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    int64_t total = -131070;
    for (int shift = 0; shift < 64; shift += 16) total += static_cast<int64_t>((x >> shift) & 0xffff);
    const float bell = static_cast<float>(total) / 37837.2f;
    const float product = bell * scale;  // rounded before the sum, as numpy does
    values.push_back(round_to_bf16(product + offset));
  }
  return values;
}

// config.json and model.safetensors of one case, in a new folder.
inline void write_wide_model(const std::string& name, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::filesystem::copy(wide_folder() / name / "config.json", folder);
  std::ifstream in(wide_folder() / name / "shapes.json");
  const auto shapes = nlohmann::ordered_json::parse(in);
  std::vector<tiny::Tensor> tensors;
  for (const auto& [tensor, dims] : shapes.items()) {
    const auto shape = dims.get<std::vector<int64_t>>();
    tensors.push_back({tensor, "", shape, wide_values(tensor, shape, name == "gemma3")});
  }
  tiny::write(folder / "model.safetensors", tiny::safetensors_bytes(tensors));
}

}  // namespace hanok
