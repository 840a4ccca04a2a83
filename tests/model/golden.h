// Reference values of one case and the runs that are compared with them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "formats/safetensors.h"
#include "model/model.h"

namespace hanok {

inline std::filesystem::path families_folder() {
  return std::filesystem::path(HANOK_SOURCE_DIR) / "goldens" / "families";
}

inline std::vector<std::string> family_cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(families_folder()))
    if (entry.is_directory()) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

// Contents of golden.st.
struct Golden {
  std::vector<int32_t> tokens;
  std::vector<std::vector<float>> states;  // after the embedding, then after each layer: [n_tokens, hidden]
  std::vector<float> logits;               // [n_tokens, vocab]
};

inline Result<Golden> read_golden(const std::filesystem::path& path) {
  HANOK_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
  std::map<std::string, TensorView> views;
  for (const auto& tensor : file.tensors) views[tensor.name] = tensor.view;
  const auto copy = [&](const std::string& name, auto& out) {
    out.resize(static_cast<size_t>(views.at(name).shape.n_elems()));
    std::memcpy(out.data(), views.at(name).data, views.at(name).n_bytes());
  };
  Golden golden;
  copy("tokens", golden.tokens);
  copy("logits", golden.logits);
  for (size_t i = 0; views.contains("states." + std::to_string(i)); ++i)
    copy("states." + std::to_string(i), golden.states.emplace_back());
  return golden;
}

struct ModelRun {
  std::vector<std::vector<float>> states;
  std::vector<float> logits;
};

// Feeds the tokens in chunks of chunk_tokens through one cache with f32 keys and values.
inline ModelRun run_model(const Model& model, const ExecContext& ctx, const std::vector<int32_t>& tokens,
                          size_t chunk_tokens) {
  const ModelInfo& info = model.info();
  ModelRun result;
  result.states.resize(static_cast<size_t>(info.n_layers) + 1);
  KvCache cache(model.kv_shape(), KvType::kF32, static_cast<int64_t>(tokens.size()));
  Workspace work;
  for (size_t done = 0; done < tokens.size(); done += chunk_tokens) {
    const size_t n = std::min(chunk_tokens, tokens.size() - done);
    std::vector<int32_t> positions(n);
    std::iota(positions.begin(), positions.end(), static_cast<int32_t>(done));
    std::vector<int64_t> rows(n);
    std::iota(rows.begin(), rows.end(), 0);
    work.observe = [&](int layer_idx, const float* states) {
      auto& all = result.states[static_cast<size_t>(layer_idx + 1)];
      all.insert(all.end(), states, states + n * static_cast<size_t>(info.hidden));
    };
    const AttentionSegment segment{&cache, 0, static_cast<int64_t>(n), static_cast<int64_t>(done)};
    const Batch batch{std::span(tokens).subspan(done, n), positions, std::span(&segment, 1), rows};
    std::vector<float> logits(n * static_cast<size_t>(info.vocab));
    model.forward(ctx, batch, work, logits.data());
    result.logits.insert(result.logits.end(), logits.begin(), logits.end());
  }
  return result;
}

// Largest difference as a share of the largest reference magnitude; infinite where sizes differ or a value is NaN.
inline double relative_difference(const std::vector<float>& got, const std::vector<float>& reference) {
  if (got.size() != reference.size() || got.empty()) return INFINITY;
  double difference = 0, largest = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    if (!std::isfinite(got[i])) return INFINITY;
    difference = std::max(difference, std::abs(static_cast<double>(got[i]) - static_cast<double>(reference[i])));
    largest = std::max(largest, std::abs(static_cast<double>(reference[i])));
  }
  return difference / largest;
}

}  // namespace hanok
