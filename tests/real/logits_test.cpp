// Real files: an f32 run's logits equal those of the reference implementation on the same dequantised weights.
// The files are looked for in the folder HANOK_TEST_MODEL_DIR; without them these tests are skipped.
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "golden.h"

namespace hanok {
namespace {

std::vector<std::filesystem::path> real_goldens() {
  std::vector<std::filesystem::path> paths;
  const auto folder = std::filesystem::path(HANOK_SOURCE_DIR) / "goldens" / "real";
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  return paths;
}

class RealModels : public testing::TestWithParam<std::filesystem::path> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RealModels);

TEST_P(RealModels, EqualTheReferenceWithinAThousandthOfTheLargestLogit) {
  std::ifstream in(GetParam());
  const auto golden = nlohmann::json::parse(in);
  const char* folder = std::getenv("HANOK_TEST_MODEL_DIR");
  if (folder == nullptr) GTEST_SKIP() << "set HANOK_TEST_MODEL_DIR to the folder that holds " << golden["file"];
  const auto path = std::filesystem::path(folder) / golden["file"].get<std::string>();
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "there is no " << path;

  const auto kernels = choose_kernels();
  ASSERT_TRUE(kernels) << kernels.error().to_string();
  ThreadPool pool;
  const ExecContext ctx{pool, **kernels, Precision::kF32};
  const auto checkpoint = Checkpoint::open(path);
  ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
  const auto model = load_model(*checkpoint, ctx);
  ASSERT_TRUE(model) << model.error().to_string();
  const auto vocab = golden["vocab"].get<size_t>();
  ASSERT_EQ(static_cast<size_t>((*model)->info().vocab), vocab);
  const auto tokens = golden["tokens"].get<std::vector<int32_t>>();
  const ModelRun run = run_model(**model, ctx, tokens, tokens.size());

  double largest = 0, difference = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const auto& row = golden["rows"][i];
    largest = std::max(largest, row["largest"].get<double>());
    const auto compare = [&](const nlohmann::json& ids, const nlohmann::json& values) {
      for (size_t j = 0; j < ids.size(); ++j) {
        const float got = run.logits[i * vocab + ids[j].get<size_t>()];
        ASSERT_TRUE(std::isfinite(got));
        difference = std::max(difference, std::abs(static_cast<double>(got) - values[j].get<double>()));
      }
    };
    compare(row["top_ids"], row["top"]);
    compare(golden["fixed_ids"], row["fixed"]);
  }
  EXPECT_LE(difference, 1e-3 * largest);
  RecordProperty("relative_difference", std::to_string(difference / largest));
}

INSTANTIATE_TEST_SUITE_P(Packaged, RealModels, testing::ValuesIn(real_goldens()), [](const auto& param_info) {
  std::string name = param_info.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace hanok
