// Every family computes what the reference implementation computes on tiny random weights, on every instruction set.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "golden.h"

namespace hanok {
namespace {

// f32 sums in another order: about sqrt(n) * 2^-24 per product sum, over a few layers far below this.
constexpr double kTolerance = 1e-4;

struct Param {
  std::string name;
  Isa isa;
};

std::vector<Param> all_cases() {
  std::vector<Param> params;
  for (const std::string& name : family_cases())
    for (const Isa isa : kEveryIsa) params.push_back({name, isa});
  return params;
}

class Families : public testing::TestWithParam<Param> {};

TEST_P(Families, EqualTheReferenceInOnePassAndTokenByToken) {
  const KernelTable* kernels = kernels_for(GetParam().isa);
  if (kernels == nullptr) GTEST_SKIP() << "this processor lacks " << isa_name(GetParam().isa);
  ASSERT_EQ(kernels->isa, GetParam().isa);
  const auto folder = families_folder() / GetParam().name;
  const auto golden = read_golden(folder / "golden.st");
  ASSERT_TRUE(golden) << golden.error().to_string();
  auto checkpoint = Checkpoint::open(folder);
  ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
  ThreadPool pool(2);
  const ExecContext ctx{pool, *kernels, Precision::kF32};
  const auto model = load_model(*checkpoint, ctx);
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ(golden->states.size(), static_cast<size_t>((*model)->info().n_layers) + 1);
  for (const size_t chunk_tokens : {golden->tokens.size(), size_t{1}, size_t{7}}) {
    SCOPED_TRACE("chunks of " + std::to_string(chunk_tokens));
    const ModelRun run = run_model(**model, ctx, golden->tokens, chunk_tokens);
    for (size_t i = 0; i < golden->states.size(); ++i)
      EXPECT_LT(relative_difference(run.states[i], golden->states[i]), kTolerance) << "states " << i;
    EXPECT_LT(relative_difference(run.logits, golden->logits), kTolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, Families, testing::ValuesIn(all_cases()), [](const auto& param_info) {
  return param_info.param.name + "_" + std::string(isa_name(param_info.param.isa));
});

TEST(ModelInfo, SaysWhatEachLayerSees) {
  ThreadPool pool(1);
  const std::map<std::string, std::vector<int64_t>> expected{
      {"gemma3", {8, 8, 0, 8}}, {"exaone4_hybrid", {8, 8, 0, 8}}, {"exaone4_full", {0, 0, 0, 0}}, {"gptj", {0, 0, 0}}};
  for (const auto& [name, windows] : expected) {
    const auto checkpoint = Checkpoint::open(families_folder() / name);
    ASSERT_TRUE(checkpoint) << name;
    const auto model = load_outline(*checkpoint, {pool, *kernels_for(Isa::kPortable)});
    ASSERT_TRUE(model) << name;
    EXPECT_EQ((*model)->info().windows, windows) << name;
  }
}

// A case copied to a folder of its own, with config.json and the tensors' header open to changes.
class BadModels : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              (std::string("hanok_bad_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::filesystem::copy(families_folder() / "llama" / "config.json", folder_);
    std::filesystem::copy(families_folder() / "llama" / "model.safetensors", folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void change_config(const std::function<void(nlohmann::ordered_json&)>& change) {
    std::ifstream in(folder_ / "config.json");
    auto config = nlohmann::ordered_json::parse(in);
    change(config);
    std::ofstream(folder_ / "config.json") << config;
  }
  // Replaces a name in the header by another of the same length.
  void rename_tensor(const std::string& from, const std::string& to) {
    ASSERT_EQ(from.size(), to.size());
    std::ifstream in(folder_ / "model.safetensors", std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const size_t at = bytes.find('"' + from + '"');
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at + 1, from.size(), to);
    std::ofstream(folder_ / "model.safetensors", std::ios::binary) << bytes;
  }
  std::string load_error() {
    auto checkpoint = Checkpoint::open(folder_);
    if (!checkpoint) return checkpoint.error().to_string();
    ThreadPool pool(1);
    const ExecContext ctx{pool, *kernels_for(Isa::kPortable), Precision::kF32};
    const auto model = load_model(*checkpoint, ctx);
    return model ? "" : model.error().to_string();
  }

  std::filesystem::path folder_;
};

using testing::AllOf;
using testing::HasSubstr;

TEST_F(BadModels, TheCopyItselfLoads) {
  EXPECT_EQ(load_error(), "");
}

TEST_F(BadModels, NameAnUnknownConfigurationKey) {
  change_config([](auto& config) { config["gravity"] = 9.81; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr("unknown configuration key"), HasSubstr("gravity"), HasSubstr("9.81")));
}

TEST_F(BadModels, NameAnUnknownArchitecture) {
  change_config([](auto& config) { config["model_type"] = "perceiver"; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr("unknown architecture"), HasSubstr("perceiver"), HasSubstr("exaone4")));
}

TEST_F(BadModels, NameAWrongShapeWithBothShapes) {
  change_config([](auto& config) { config["intermediate_size"] = 100; });
  EXPECT_THAT(load_error(),
              AllOf(HasSubstr("model.layers.0.mlp.gate_proj.weight"), HasSubstr("[100, 64]"), HasSubstr("[96, 64]")));
}

TEST_F(BadModels, NameAMissingTensor) {
  rename_tensor("model.layers.1.mlp.up_proj.weight", "model.layers.1.mlp.xx_proj.weight");
  EXPECT_THAT(load_error(), AllOf(HasSubstr("missing tensor"), HasSubstr("model.layers.1.mlp.up_proj.weight")));
}

TEST_F(BadModels, NameSurplusTensors) {
  change_config([](auto& config) { config["num_hidden_layers"] = 2; });
  EXPECT_THAT(load_error(), HasSubstr("model.layers.2."));
}

TEST_F(BadModels, RefuseAnUnknownActivation) {
  change_config([](auto& config) { config["hidden_act"] = "relu"; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr("hidden_act"), HasSubstr("relu")));
}

TEST_F(BadModels, RefuseSizesOfZeroAndNegativeOnes) {
  for (const char* key : {"num_hidden_layers", "hidden_size", "num_attention_heads", "head_dim"}) {
    for (const int value : {0, -1}) {
      SetUp();
      change_config([&](auto& config) { config[key] = value; });
      EXPECT_THAT(load_error(), HasSubstr(key));
    }
  }
}

}  // namespace
}  // namespace hanok
