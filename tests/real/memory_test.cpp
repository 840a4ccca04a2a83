// The program's memory: at most the weights, the keys and values and a tenth more.
#include "engine/engine.h"
#include "real_model.h"
#include "run_hanok.h"

namespace hanok {
namespace {

class Memory : public testing::TestWithParam<const char*> {};

TEST_P(Memory, StaysWithinWeightsKeysAndValuesAndATenth) {
  HANOK_REAL_MODEL(path, GetParam());
  constexpr int64_t kContext = 1024;
  std::string prompt;
  for (int i = 0; i < 50; ++i) prompt += "도서관은 아홉 시에 문을 연다. ";
  const Output run = run_hanok({"run", path.string(), prompt, "--raw", "--context", std::to_string(kContext),
                                "--max-tokens", "2", "--temperature", "0"});
  ASSERT_EQ(run.exit_code, 0);
  EngineOptions options;
  options.context = kContext;
  const auto engine = Engine::load(path, options);
  ASSERT_TRUE(engine) << engine.error().to_string();
  const auto bound = static_cast<double>((*engine)->memory_bytes()) * 1.1;
  EXPECT_LE(static_cast<double>(run.peak_bytes), bound);
  std::cout << "peak " << static_cast<double>(run.peak_bytes) / 1e6 << " MB of " << bound / 1e6 << " MB\n";
}

// Not Gemma 270M: of so few weights the program itself and 262,144 pieces of vocabulary are more than a tenth.
INSTANTIATE_TEST_SUITE_P(Small, Memory, testing::Values("qwen2.5-coder-0.5b"), [](const auto&) { return "Qwen"; });
INSTANTIATE_TEST_SUITE_P(Large, Memory, testing::Values("qwen2.5-coder-1.5b"), [](const auto&) { return "Qwen"; });

}  // namespace
}  // namespace hanok
