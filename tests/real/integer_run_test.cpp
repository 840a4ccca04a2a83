// The integer run stays near the f32 run on real files: mean KL divergence over Korean and English text.
#include "app/perplexity.h"
#include "real_model.h"

namespace hanok {
namespace {

std::unique_ptr<Engine> load(const std::filesystem::path& path, Precision precision, KvType kv) {
  EngineOptions options;
  options.context = 512;
  options.precision = precision;
  options.kv = kv;
  auto engine = Engine::load(path, options);
  if (!engine) ADD_FAILURE() << engine.error().to_string();
  return engine ? std::move(*engine) : nullptr;
}

struct Case {
  const char* model;
  KvType kv;
};

class IntegerRun : public testing::TestWithParam<Case> {};

TEST_P(IntegerRun, DivergesLittleFromTheFloatRun) {
  HANOK_REAL_MODEL(path, GetParam().model);
  const auto engine = load(path, Precision::kInt8, GetParam().kv), exact = load(path, Precision::kF32, KvType::kF32);
  ASSERT_TRUE(engine && exact);
  std::string text;
  for (const char* name : {"tests/real/sample.txt", "demo/달빛도서관_이용_안내.txt"}) {
    std::ifstream file(std::filesystem::path(HANOK_SOURCE_DIR) / name);
    text.append(std::istreambuf_iterator<char>(file), {});
  }
  const auto ids = engine->tokenizer().encode(text);
  ASSERT_TRUE(ids) << ids.error().to_string();
  constexpr int64_t kContext = 512, kChunks = 2;
  const auto score =
      score_perplexity(*engine, rows_of(*exact), *ids, kContext, kChunks, [](const auto&) { return true; });
  ASSERT_TRUE(score) << score.error().to_string();
  ASSERT_EQ(score->n_tokens, kChunks * (kContext / 2 - 1));
  const auto n = static_cast<double>(score->n_tokens);
  EXPECT_LE(score->divergence / n, 0.005);
  EXPECT_GT(score->divergence, 0) << "the integer run is another computation";
  // A difference of logarithms: half a percent, the bound between two engines on the same file.
  EXPECT_NEAR(score->negative_log / n, score->reference_negative_log / n, 0.005);
  std::cout << "mean KL divergence " << score->divergence / n << ", perplexity " << score->perplexity() << ", of f32 "
            << std::exp(score->reference_negative_log / n) << "\n";
}

std::string name_of(const testing::TestParamInfo<Case>& named) {
  const bool is_qwen = std::string_view(named.param.model).starts_with("qwen");
  return std::string(is_qwen ? "Qwen" : "Gemma") + (named.param.kv == KvType::kQ8 ? "WithKeysAndValuesInInt8" : "");
}

INSTANTIATE_TEST_SUITE_P(Small, IntegerRun,
                         testing::Values(Case{"qwen2.5-coder-0.5b", KvType::kF16}, Case{"gemma-3-270m", KvType::kF16},
                                         Case{"qwen2.5-coder-0.5b", KvType::kQ8}, Case{"gemma-3-270m", KvType::kQ8}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Large, IntegerRun,
                         testing::Values(Case{"qwen2.5-coder-1.5b", KvType::kF16},
                                         Case{"qwen2.5-coder-1.5b", KvType::kQ8}),
                         name_of);

}  // namespace
}  // namespace hanok
