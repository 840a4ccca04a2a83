// Reference values of one encoder and the run that is compared with them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "golden.h"
#include "model/encoder_model.h"

namespace hanok {

inline std::filesystem::path encoders_folder() {
  return std::filesystem::path(HANOK_SOURCE_DIR) / "goldens" / "encoders";
}

inline std::vector<std::string> encoder_cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(encoders_folder()))
    if (entry.is_directory()) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

struct EncoderGolden {
  std::vector<RowRange> sequences;
  std::vector<int32_t> tokens, types;
  std::vector<std::vector<float>> states;  // after the embedding, then after each layer: [n_tokens, hidden]
  std::vector<float> vectors;              // [n_sequences, hidden]
};

inline Result<EncoderGolden> read_encoder_golden(const std::filesystem::path& path) {
  HANOK_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
  std::map<std::string, TensorView> views;
  for (const auto& tensor : file.tensors) views[tensor.name] = tensor.view;
  const auto copy = [&](const std::string& name, auto& out) {
    out.resize(static_cast<size_t>(views.at(name).shape.n_elems()));
    std::memcpy(out.data(), views.at(name).data, views.at(name).n_bytes());
  };
  EncoderGolden golden;
  std::vector<int32_t> lengths;
  copy("lengths", lengths);
  copy("tokens", golden.tokens);
  copy("types", golden.types);
  copy("vectors", golden.vectors);
  for (size_t i = 0; views.contains("states." + std::to_string(i)); ++i)
    copy("states." + std::to_string(i), golden.states.emplace_back());
  int64_t at = 0;
  for (const int32_t length : lengths) golden.sequences.push_back({at, length}), at += length;
  return golden;
}

struct EncoderRun {
  std::vector<std::vector<float>> states;
  std::vector<float> vectors;
};

// Some of the golden's sequences, which lie one behind the other, in one step.
inline EncoderRun run_encoder(const EncoderModel& model, const ExecContext& ctx, const EncoderGolden& golden,
                              std::span<const RowRange> sequences) {
  const auto first = static_cast<size_t>(sequences.front().first_row);
  const auto n = static_cast<size_t>(sequences.back().first_row + sequences.back().n_rows) - first;
  std::vector<RowRange> ranges(sequences.begin(), sequences.end());
  for (RowRange& range : ranges) range.first_row -= static_cast<int64_t>(first);
  EncoderRun run;
  Workspace work;
  work.observe = [&](int, const float* states) {
    run.states.emplace_back(states, states + n * static_cast<size_t>(model.info.hidden));
  };
  run.vectors.resize(ranges.size() * static_cast<size_t>(model.info.hidden));
  const EncoderBatch batch{std::span(golden.tokens).subspan(first, n), std::span(golden.types).subspan(first, n),
                           ranges};
  model.forward(ctx, batch, work, run.vectors.data());
  return run;
}

}  // namespace hanok
