// A model converted in a folder of its own, and run.
#pragma once

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "convert/quantize_model.h"
#include "model/golden.h"

namespace hanok {

class Converting : public testing::Test {
 protected:
  Converting()
      : out_folder_(std::filesystem::path(testing::TempDir()) / ("hanok_convert_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(out_folder_);
    std::filesystem::create_directories(out_folder_);
  }
  ~Converting() override { std::filesystem::remove_all(out_folder_); }

  ExecContext context(Precision precision = Precision::kF32) { return {pool_, *choose_kernels().value(), precision}; }
  std::filesystem::path out(const std::string& name) const { return out_folder_ / (name + ".gguf"); }
  size_t n_files_left() const {
    return static_cast<size_t>(
        std::distance(std::filesystem::directory_iterator(out_folder_), std::filesystem::directory_iterator()));
  }

  Result<QuantizeReport> convert(const std::filesystem::path& from, const std::filesystem::path& to,
                                 std::string_view type, bool with_tokenizer = false) {
    HANOK_TRY(const Checkpoint checkpoint, Checkpoint::open(from));
    QuantizeOptions options;
    options.type = find_file_type(type);
    options.with_tokenizer = with_tokenizer;
    return quantize_model(checkpoint, to, context(), options);
  }

  Result<ModelRun> run(const std::filesystem::path& path, const std::vector<int32_t>& tokens, Precision precision) {
    HANOK_TRY(const Checkpoint checkpoint, Checkpoint::open(path));
    const ExecContext ctx = context(precision);
    HANOK_TRY(const std::unique_ptr<Model> model, load_model(checkpoint, ctx));
    return run_model(*model, ctx, tokens, tokens.size());
  }

  ThreadPool pool_{2};
  std::filesystem::path out_folder_;
};

// Root mean square of the difference as a share of the reference's.
inline double rms_difference(const std::vector<float>& got, const std::vector<float>& reference) {
  if (got.size() != reference.size() || got.empty()) return INFINITY;
  double error = 0, squares = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    if (!std::isfinite(got[i])) return INFINITY;
    error += std::pow(static_cast<double>(got[i]) - static_cast<double>(reference[i]), 2);
    squares += std::pow(static_cast<double>(reference[i]), 2);
  }
  return std::sqrt(error / squares);
}

}  // namespace hanok
