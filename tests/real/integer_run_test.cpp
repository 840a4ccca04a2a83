// The integer run stays near the f32 run on real files, on every instruction set: mean KL divergence over Korean and
// English text.
#include <cstdlib>

#include "app/perplexity.h"
#include "real_model.h"

namespace hanok {
namespace {

constexpr int64_t kContext = 512, kChunks = 2;
constexpr int64_t kPortableContext = 128, kPortableChunks = 1;  // plain loops are slow
constexpr double kMostDivergence = 0.005;

// An engine with the kernels of one set.
std::unique_ptr<Engine> load(const std::filesystem::path& path, Precision precision, KvType kv, Isa isa) {
  EngineOptions options;
  options.context = kContext;
  options.precision = precision;
  options.kv = kv;
  ::setenv("HANOK_ISA", std::string(isa_name(isa)).c_str(), 1);
  auto engine = Engine::load(path, options);
  ::unsetenv("HANOK_ISA");
  if (!engine) ADD_FAILURE() << engine.error().to_string();
  EXPECT_TRUE(!engine || (*engine)->exec().kernels.isa == isa);
  return engine ? std::move(*engine) : nullptr;
}

struct Case {
  const char* model;
  KvType kv;
  Isa isa;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.model << " " << isa_name(c.isa);
}

class IntegerRun : public testing::TestWithParam<Case> {};

// The float run is that of the fastest set; logits_test.cpp compares every set's with the reference implementation.
TEST_P(IntegerRun, DivergesLittleFromTheFloatRun) {
  const Isa isa = GetParam().isa;
  if (kernels_for(isa) == nullptr) GTEST_SKIP() << "this processor lacks " << isa_name(isa);
  HANOK_REAL_MODEL(path, GetParam().model);
  const auto exact = load(path, Precision::kF32, KvType::kF32, choose_kernels().value()->isa);
  const auto engine = load(path, Precision::kInt8, GetParam().kv, isa);
  ASSERT_TRUE(engine && exact);
  std::string text;
  for (const char* name : {"tests/real/sample.txt", "demo/달빛도서관_이용_안내.txt"}) {
    std::ifstream file(std::filesystem::path(HANOK_SOURCE_DIR) / name);
    text.append(std::istreambuf_iterator<char>(file), {});
  }
  const auto ids = engine->tokenizer().encode(text);
  ASSERT_TRUE(ids) << ids.error().to_string();
  const int64_t n_context = isa == Isa::kPortable ? kPortableContext : kContext;
  const int64_t n_chunks = isa == Isa::kPortable ? kPortableChunks : kChunks;
  const auto score =
      score_perplexity(*engine, rows_of(*exact), *ids, n_context, n_chunks, [](const auto&) { return true; });
  ASSERT_TRUE(score) << score.error().to_string();
  ASSERT_EQ(score->n_tokens, n_chunks * (n_context / 2 - 1));
  const auto n = static_cast<double>(score->n_tokens);
  EXPECT_GT(score->divergence, 0) << "the integer run is another computation";
  if (isa == Isa::kPortable) {
    // Means over 63 tokens spread: that of the divergence is given twice the bound, and that of a difference of
    // logarithms, by sqrt(2 * divergence / n) up to 1.3 %, tells nothing.
    EXPECT_LE(score->divergence / n, 2 * kMostDivergence);
  } else {
    EXPECT_LE(score->divergence / n, kMostDivergence);
    // A difference of logarithms: half a percent, the bound between two engines on the same file.
    EXPECT_NEAR(score->negative_log / n, score->reference_negative_log / n, 0.005);
  }
  std::cout << "mean KL divergence " << score->divergence / n << ", perplexity " << score->perplexity() << ", of f32 "
            << std::exp(score->reference_negative_log / n) << "\n";
}

std::vector<Case> on_every_set(std::initializer_list<const char*> models) {
  std::vector<Case> cases;
  for (const char* model : models)
    for (const KvType kv : {KvType::kF16, KvType::kQ8})
      for (const Isa isa : kEveryIsa) cases.push_back({model, kv, isa});
  return cases;
}

std::string name_of(const testing::TestParamInfo<Case>& named) {
  const bool is_qwen = std::string_view(named.param.model).starts_with("qwen");
  return std::string(is_qwen ? "Qwen" : "Gemma") + (named.param.kv == KvType::kQ8 ? "WithKeysAndValuesInInt8" : "") +
         "_" + std::string(isa_name(named.param.isa));
}

INSTANTIATE_TEST_SUITE_P(Small, IntegerRun, testing::ValuesIn(on_every_set({"qwen2.5-coder-0.5b", "gemma-3-270m"})),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Large, IntegerRun, testing::ValuesIn(on_every_set({"qwen2.5-coder-1.5b"})), name_of);

}  // namespace
}  // namespace hanok
