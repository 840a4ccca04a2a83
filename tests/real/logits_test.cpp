// An f32 run's logits equal those of the reference implementation on the same dequantised file, on every instruction
// set.
#include <array>

#include <nlohmann/json.hpp>

#include "../model/golden.h"
#include "real_model.h"

namespace hanok {
namespace {

constexpr size_t kPortableTokens = 12;  // plain loops are slow

struct Param {
  std::string model;
  Isa isa;
};

void PrintTo(const Param& param, std::ostream* out) {
  *out << param.model << " " << isa_name(param.isa);
}

class RealLogits : public testing::TestWithParam<Param> {};

// Largest difference over the golden's logits of the first tokens, as a share of the largest magnitude among them.
double golden_difference(const nlohmann::json& golden, const std::vector<float>& logits, size_t n_tokens) {
  const auto vocab = golden["vocab"].get<size_t>();
  double largest = 0, difference = 0;
  for (size_t i = 0; i < n_tokens; ++i) {
    const auto& row = golden["rows"][i];
    largest = std::max(largest, row["largest"].get<double>());
    const auto compare = [&](const nlohmann::json& ids, const nlohmann::json& values) {
      for (size_t j = 0; j < ids.size(); ++j) {
        const float got = logits[i * vocab + ids[j].get<size_t>()];
        if (!std::isfinite(got)) difference = INFINITY;
        difference = std::max(difference, std::abs(static_cast<double>(got) - values[j].get<double>()));
      }
    };
    compare(row["top_ids"], row["top"]);
    compare(golden["fixed_ids"], row["fixed"]);
  }
  return difference / largest;
}

TEST_P(RealLogits, EqualTheReferenceWithinAThousandthOfTheLargest) {
  const KernelTable* kernels = kernels_for(GetParam().isa);
  if (kernels == nullptr) GTEST_SKIP() << "this processor lacks " << isa_name(GetParam().isa);
  ASSERT_EQ(kernels->isa, GetParam().isa);
  HANOK_REAL_MODEL(path, GetParam().model);
  std::ifstream in(std::filesystem::path(HANOK_SOURCE_DIR) / "goldens/real" / (GetParam().model + ".json"));
  const auto golden = nlohmann::json::parse(in);
  ThreadPool pool;
  const ExecContext ctx{pool, *kernels, Precision::kF32};
  const auto checkpoint = Checkpoint::open(path);
  ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
  const auto model = load_model(*checkpoint, ctx);
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ((*model)->info().vocab, golden["vocab"].get<int64_t>());
  auto tokens = golden["tokens"].get<std::vector<int32_t>>();
  ASSERT_EQ(tokens.size(), golden["rows"].size());
  if (GetParam().isa == Isa::kPortable) tokens.resize(kPortableTokens);
  const ModelRun run = run_model(**model, ctx, tokens, tokens.size());
  const double difference = golden_difference(golden, run.logits, tokens.size());
  EXPECT_LE(difference, 1e-3);
  RecordProperty("relative_difference", std::to_string(difference));
  std::cout << "relative difference " << difference << " over " << tokens.size() << " tokens\n";
}

std::vector<Param> on_every_set(std::initializer_list<const char*> models) {
  std::vector<Param> params;
  for (const char* model : models)
    for (const Isa isa : kEveryIsa) params.push_back({model, isa});
  return params;
}

std::string name_of(const testing::TestParamInfo<Param>& param_info) {
  std::string name = param_info.param.model + "_" + std::string(isa_name(param_info.param.isa));
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Small, RealLogits, testing::ValuesIn(on_every_set({"qwen2.5-coder-0.5b", "gemma-3-270m"})),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Large, RealLogits, testing::ValuesIn(on_every_set({"qwen2.5-coder-1.5b"})), name_of);

}  // namespace
}  // namespace hanok
