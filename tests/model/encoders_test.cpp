// The encoders compute what the reference implementation computes on tiny random weights, on every instruction set.
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "encoder_golden.h"

namespace hanok {
namespace {

// As in families_test.cpp.
constexpr double kTolerance = 1e-4;

struct Param {
  std::string name;
  Isa isa;
};

std::vector<Param> all_cases() {
  std::vector<Param> params;
  for (const std::string& name : encoder_cases())
    for (const Isa isa : kEveryIsa) params.push_back({name, isa});
  return params;
}

class Encoders : public testing::TestWithParam<Param> {};

TEST_P(Encoders, EqualTheReferenceTogetherAndOneByOne) {
  const KernelTable* kernels = kernels_for(GetParam().isa);
  if (kernels == nullptr) GTEST_SKIP() << "this processor lacks " << isa_name(GetParam().isa);
  ASSERT_EQ(kernels->isa, GetParam().isa);
  const auto folder = encoders_folder() / GetParam().name;
  const auto golden = read_encoder_golden(folder / "golden.st");
  ASSERT_TRUE(golden) << golden.error().to_string();
  const auto checkpoint = Checkpoint::open(folder);
  ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
  ThreadPool pool(2);
  const ExecContext ctx{pool, *kernels, Precision::kF32};
  const auto model = load_encoder(*checkpoint, ctx);
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ(golden->states.size(), static_cast<size_t>((*model)->info.n_layers) + 1);
  const EncoderRun together = run_encoder(**model, ctx, *golden, golden->sequences);
  for (size_t i = 0; i < golden->states.size(); ++i)
    EXPECT_LT(relative_difference(together.states[i], golden->states[i]), kTolerance) << "states " << i;
  EXPECT_LT(relative_difference(together.vectors, golden->vectors), kTolerance);
  std::vector<float> apart;
  for (const RowRange& sequence : golden->sequences) {
    const EncoderRun alone = run_encoder(**model, ctx, *golden, std::span(&sequence, 1));
    apart.insert(apart.end(), alone.vectors.begin(), alone.vectors.end());
  }
  EXPECT_EQ(apart, together.vectors);
}

INSTANTIATE_TEST_SUITE_P(Goldens, Encoders, testing::ValuesIn(all_cases()), [](const auto& param_info) {
  return param_info.param.name + "_" + std::string(isa_name(param_info.param.isa));
});

TEST(EncoderFacts, ComeFromTheConfigurationAndTheFilesBesideIt) {
  ThreadPool pool(1);
  const ExecContext ctx{pool, *kernels_for(Isa::kPortable)};
  const auto open = [&](const char* name) {
    const auto checkpoint = Checkpoint::open(encoders_folder() / name);
    EXPECT_TRUE(checkpoint && is_encoder(*checkpoint));
    return load_encoder_outline(*checkpoint, ctx).value();
  };
  const auto bert = open("bert"), first = open("bert_tanh_first"), roberta = open("xlm_roberta");
  EXPECT_EQ(bert->info.max_context, 80);
  EXPECT_EQ(roberta->info.max_context, 78) << "two positions come before a text's first token";
  EXPECT_EQ(bert->rules.pooling, Pooling::kMean);
  EXPECT_EQ(first->rules.pooling, Pooling::kFirst);
  EXPECT_EQ(bert->rules.query_prefix, "");
  EXPECT_EQ(roberta->rules.query_prefix, "query: ");
  EXPECT_EQ(roberta->rules.passage_prefix, "passage: ");
}

// A case copied to a folder of its own, with config.json open to changes.
class BadEncoders : public testing::Test {
 protected:
  BadEncoders() {
    std::filesystem::remove_all(folder_);
    std::filesystem::copy(encoders_folder() / "xlm_roberta", folder_, std::filesystem::copy_options::recursive);
  }
  ~BadEncoders() override { std::filesystem::remove_all(folder_); }
  void change(const std::string& file, const std::function<void(nlohmann::ordered_json&)>& change) const {
    std::ifstream in(folder_ / file);
    auto json = nlohmann::ordered_json::parse(in);
    change(json);
    std::ofstream(folder_ / file) << json;
  }
  std::string load_error() const {
    const auto checkpoint = Checkpoint::open(folder_);
    if (!checkpoint) return checkpoint.error().to_string();
    ThreadPool pool(1);
    const auto model = load_encoder(*checkpoint, {pool, *kernels_for(Isa::kPortable)});
    return model ? "" : model.error().to_string();
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("hanok_bad_encoder_") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

using testing::AllOf;
using testing::HasSubstr;

TEST_F(BadEncoders, TheCopyItselfLoads) {
  EXPECT_EQ(load_error(), "");
}

TEST_F(BadEncoders, NameWhatIsNotSupported) {
  change("config.json", [](auto& config) { config["position_embedding_type"] = "relative_key"; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr("position_embedding_type"), HasSubstr("relative_key")));
}

TEST_F(BadEncoders, RefuseADecoder) {
  change("config.json", [](auto& config) { config["is_decoder"] = true; });
  EXPECT_THAT(load_error(), HasSubstr("is_decoder"));
}

TEST_F(BadEncoders, RefusePositionsThatAreAllTaken) {
  change("config.json", [](auto& config) { config["max_position_embeddings"] = 2; });
  EXPECT_THAT(load_error(), HasSubstr("max_position_embeddings"));
}

TEST_F(BadEncoders, NameAPoolingThatIsNotKnown) {
  change("1_Pooling/config.json", [](auto& config) { config["pooling_mode_max_tokens"] = true; });
  EXPECT_THAT(load_error(), AllOf(HasSubstr("1_Pooling"), HasSubstr("pooling_mode_max_tokens")));
}

TEST_F(BadEncoders, SayThatThePoolingIsNotSaid) {
  std::filesystem::remove_all(folder_ / "1_Pooling");
  EXPECT_THAT(load_error(), HasSubstr("1_Pooling"));
}

TEST_F(BadEncoders, NameAnUnknownKeyAndADecoderFamily) {
  change("config.json", [](auto& config) { config["gravity"] = 9.81; });
  EXPECT_THAT(load_error(), HasSubstr("gravity"));
  change("config.json", [](auto& config) { config["model_type"] = "llama"; });
  EXPECT_THAT(load_error(), HasSubstr("llama"));
}

TEST(Decoders, RefuseAnEncoderAndNameTheCommandForIt) {
  const auto checkpoint = Checkpoint::open(encoders_folder() / "bert");
  ASSERT_TRUE(checkpoint);
  const Status status = known_family(*checkpoint);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().to_string(), HasSubstr("hanok embed"));
}

}  // namespace
}  // namespace hanok
