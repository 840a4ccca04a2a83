// Rotary frequencies: worked by hand where that is possible, else what transformers 5.23's ROPE_INIT_FUNCTIONS give.
#include "nn/rope_scaling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/checkpoints.h"

namespace hanok {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::ordered_json;

// A power, a division and a few products in f32.
void expect_frequencies(const RopeTable& table, const std::vector<double>& expected) {
  ASSERT_EQ(table.inv_freq.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(table.inv_freq[i], expected[i], expected[i] * 8 * 0x1p-24) << i;
}

RopeScaling scaling(RopeScaling::Kind kind, double factor, double original_context) {
  RopeScaling s;
  s.kind = kind;
  s.factor = factor;
  s.original_context = original_context;
  return s;
}

TEST(RopeScaling, PlainFrequenciesArePowersOfTheta) {
  const RopeTable table = make_rope_table({}, 8, RopeStyle::kInterleaved);
  EXPECT_EQ(table.style, RopeStyle::kInterleaved);
  EXPECT_EQ(table.n_rot, 8);
  EXPECT_EQ(table.cos_sin_scale, 1.0F);
  expect_frequencies(table, {1, 0.1, 0.01, 0.001});  // 10000^(-2i/8)
}

TEST(RopeScaling, LinearDividesEveryFrequency) {
  const RopeTable table = make_rope_table(scaling(RopeScaling::Kind::kLinear, 4, 1), 8, RopeStyle::kHalf);
  expect_frequencies(table, {0.25, 0.025, 0.0025, 0.00025});
}

TEST(RopeScaling, Llama3KeepsShortWavesDividesLongOnesAndBlendsBetween) {
  RopeScaling s = scaling(RopeScaling::Kind::kLlama3, 32, 8192);
  s.theta = 500000;
  expect_frequencies(make_rope_table(s, 16, RopeStyle::kHalf),
                     {1.0, 0.193922758102417, 0.03760603070259094, 0.00729266507551074, 0.000429556705057621,
                      8.570255886297673e-06, 1.6619674170215148e-06, 3.2229328894572973e-07});
  s = scaling(RopeScaling::Kind::kLlama3, 8, 1024);
  expect_frequencies(make_rope_table(s, 16, RopeStyle::kHalf),
                     {1.0, 0.3162277638912201, 0.10000000149011612, 0.03162277862429619, 0.003086760640144348,
                      0.00039528473280370235, 0.0001250000059371814, 3.9528473280370235e-05});
}

TEST(RopeScaling, YarnEqualsTransformers) {
  RopeScaling s = scaling(RopeScaling::Kind::kYarn, 4, 1024);
  const RopeTable table = make_rope_table(s, 16, RopeStyle::kHalf);
  EXPECT_NEAR(table.cos_sin_scale, 1.138629436111989, 1e-7);  // 0.1 ln 4 + 1
  expect_frequencies(table, {1.0, 0.3162277638912201, 0.08125000447034836, 0.019764237105846405, 0.0043750000186264515,
                             0.0007905694656074047, 0.0002500000118743628, 7.905694656074047e-05});
  s.beta_fast = 16, s.beta_slow = 2, s.truncate = false, s.attention_factor = 1.5;
  const RopeTable whole = make_rope_table(s, 16, RopeStyle::kHalf);
  EXPECT_EQ(whole.cos_sin_scale, 1.5F);
  expect_frequencies(whole, {1.0, 0.3162277638912201, 0.10000000149011612, 0.01870180480182171, 0.0024999999441206455,
                             0.0007905694656074047, 0.0002500000118743628, 7.905694656074047e-05});
}

class ReadRope : public testing::Test {
 protected:
  Result<RopeTable> read(const Checkpoint& checkpoint, int64_t n_rot, std::string_view json_key = {}) {
    ConfigReader config(checkpoint);
    WeightLoader weights(checkpoint, ctx_);
    return read_rope(config, weights, {RopeStyle::kHalf, n_rot}, json_key);
  }
  Result<RopeTable> of_json(const char* text, int64_t n_rot = 8, std::string_view json_key = {}) {
    return read(json_checkpoint(folder_, Json::parse(text)), n_rot, json_key);
  }
  Result<RopeTable> of_gguf(GgufMetadata metadata, std::vector<RawTensor> tensors = {f32_tensor("x", {1})}) {
    metadata.emplace("general.architecture", gguf_string("llama"));
    return read(gguf_checkpoint(folder_, metadata, tensors), 8);
  }
  std::string error(const char* text) {
    const auto table = of_json(text);
    return table ? "" : table.error().to_string();
  }

  TestFolder folder_;
  ThreadPool pool_{1};
  const ExecContext ctx_{pool_, *kernels_for(Isa::kPortable)};
};

TEST_F(ReadRope, FindsThetaAtTheTopOrInItsObject) {
  const std::vector<double> expected{1, 0.01, 0.0001, 0.000001};  // 10^8 to the power of -2i/8
  expect_frequencies(of_json(R"({"rope_theta": 1e8})").value(), expected);
  expect_frequencies(of_json(R"({"rope_theta": 1e8, "rope_scaling": null})").value(), expected);
  expect_frequencies(of_json(R"({"rope_parameters": {"rope_type": "default", "rope_theta": 1e8}})").value(), expected);
  expect_frequencies(
      of_json(R"({"local": {"rope_type": "default", "rope_theta": 1e8}, "rope_theta": 5})", 8, "local").value(),
      expected);
  expect_frequencies(of_gguf({{"llama.rope.freq_base", gguf_f32(1e8F)}}).value(), expected);
}

TEST_F(ReadRope, ReadsEachScalingUnderBothOfItsNames) {
  const std::vector<double> divided{0.25, 0.025, 0.0025, 0.00025};
  expect_frequencies(of_json(R"({"rope_scaling": {"type": "linear", "factor": 4}})").value(), divided);
  expect_frequencies(of_json(R"({"rope_scaling": {"rope_type": "linear", "factor": 4.0}})").value(), divided);
  expect_frequencies(
      of_gguf({{"llama.rope.scaling.type", gguf_string("linear")}, {"llama.rope.scaling.factor", gguf_f32(4)}}).value(),
      divided);
  const auto yarn = of_json(R"({"max_position_embeddings": 1024,
    "rope_scaling": {"rope_type": "yarn", "factor": 4, "beta_fast": 16, "beta_slow": 2, "truncate": false,
                     "attention_factor": 1.5}})",
                            16);
  ASSERT_TRUE(yarn) << yarn.error().to_string();
  EXPECT_EQ(yarn->cos_sin_scale, 1.5F);
  EXPECT_NEAR(yarn->inv_freq[3], 0.01870180480182171, 1e-8);
  const auto llama3 = of_json(R"({"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
    "high_freq_factor": 4, "original_max_position_embeddings": 1024}})",
                              16);
  ASSERT_TRUE(llama3) << llama3.error().to_string();
  EXPECT_NEAR(llama3->inv_freq[4], 0.003086760640144348, 1e-9);
}

TEST_F(ReadRope, GgufDivisorsDivide) {
  expect_frequencies(of_gguf({}, {f32_tensor("rope_freqs.weight", {1, 2, 4, 8})}).value(), {1, 0.05, 0.0025, 0.000125});
  const auto wrong = of_gguf({}, {f32_tensor("rope_freqs.weight", {1, 2, 4})});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().to_string(), AllOf(HasSubstr("rope_freqs.weight"), HasSubstr("[4]"), HasSubstr("[3]")));
  const auto zero = of_gguf({}, {f32_tensor("rope_freqs.weight", {1, 2, 0, 8})});
  ASSERT_FALSE(zero);
  EXPECT_THAT(zero.error().to_string(), AllOf(HasSubstr("rope_freqs.weight"), HasSubstr("0")));
  for (const float bad : {-1.0F, 1e-38F, 1e-42F})
    EXPECT_THAT(of_gguf({{"llama.rope.freq_base", gguf_f32(1e-6F)}}, {f32_tensor("rope_freqs.weight", {1, 2, bad, 8})})
                    .error()
                    .to_string(),
                HasSubstr("rope_freqs.weight"));
}

TEST_F(ReadRope, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(error(R"({"rope_scaling": {"rope_type": "dynamic", "factor": 2}})"), HasSubstr("dynamic"));
  EXPECT_THAT(error(R"({"rope_scaling": {"rope_type": "linear", "factor": 2, "warp": 3}})"), HasSubstr("warp"));
  EXPECT_THAT(error(R"({"rope_scaling": {"rope_type": "linear", "factor": "2"}})"), HasSubstr("factor"));
  EXPECT_THAT(error(R"({"rope_scaling": {"rope_type": 3}})"), HasSubstr("rope_type"));
  EXPECT_THAT(error(R"({"rope_scaling": 4})"), HasSubstr("an object"));
  EXPECT_THAT(error(R"({"rope_scaling": {"rope_type": "linear"}})"), HasSubstr("factor"));
  EXPECT_THAT(error(R"({"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
    "high_freq_factor": 4}})"),
              HasSubstr("original_max_position_embeddings"));
  EXPECT_THAT(error(R"({"rope_scaling": {"rope_type": "yarn", "factor": 8}})"), HasSubstr("max_position_embeddings"));
  for (const char* bad : {R"("factor": 0)", R"("factor": -1)", R"("factor": 4, "low_freq_factor": 4)",
                          R"("factor": 4, "original_max_position_embeddings": 0)"}) {
    const std::string text = std::string(R"({"rope_scaling": {"rope_type": "llama3", "low_freq_factor": 1,
      "high_freq_factor": 4, "original_max_position_embeddings": 1024, )") +
                             bad + "}}";
    EXPECT_THAT(error(text.c_str()), HasSubstr("out of range")) << bad;
  }
  EXPECT_THAT(error(R"({"rope_theta": -1})"), HasSubstr("out of range"));
  EXPECT_THAT(error(R"({"rope_parameters": {"rope_type": "default", "rope_theta": 1e39}})"), HasSubstr("finite"));
  EXPECT_THAT(error(R"({"rope_scaling": {"rope_type": "linear", "factor": 1e300}})"), HasSubstr("finite"));
}

TEST_F(ReadRope, RefusesYarnWithoutABase) {
  EXPECT_THAT(
      error(R"({"max_position_embeddings": 64, "rope_theta": 1, "rope_scaling": {"rope_type": "yarn", "factor": 2}})"),
      HasSubstr("out of range"));
}

TEST_F(ReadRope, RotatesWhatTheHeadHasAndTheScalingSays) {
  const auto rotated = [&](const char* text, int64_t head_dim, int64_t n_rot) {
    const Checkpoint checkpoint = json_checkpoint(folder_, Json::parse(text));
    ConfigReader config(checkpoint);
    WeightLoader weights(checkpoint, ctx_);
    const auto table = read_rope(config, weights, {RopeStyle::kHalf, head_dim, n_rot});
    return table ? "" : table.error().to_string();
  };
  EXPECT_EQ(rotated("{}", 16, 16), "");
  EXPECT_EQ(rotated("{}", 16, 4), "");
  for (const int64_t n_rot : {0, 1, 3, 18, 1000, 1 << 24})
    EXPECT_THAT(rotated("{}", 16, n_rot), AllOf(HasSubstr("at most the head's 16"), HasSubstr(std::to_string(n_rot))));
  const char* half = R"({"rope_parameters": {"rope_type": "default", "rope_theta": 10, "partial_rotary_factor": 0.5}})";
  EXPECT_EQ(rotated(half, 16, 8), "");
  EXPECT_THAT(rotated(half, 16, 16), AllOf(HasSubstr("partial_rotary_factor"), HasSubstr("0.5")));
}

TEST_F(ReadRope, RefusesGgufKeysThatWouldChangeTheResult) {
  const auto refused = [&](const char* key, GgufValue value) {
    const auto table = of_gguf({{key, std::move(value)}});
    return table ? "" : table.error().to_string();
  };
  EXPECT_EQ(refused("llama.rope.dimension_count", gguf_u32(8)), "");
  EXPECT_THAT(refused("llama.rope.dimension_count", gguf_u32(4)), AllOf(HasSubstr("8"), HasSubstr("4")));
  EXPECT_EQ(refused("llama.rope.scaling.attn_factor", gguf_f32(2)), "");
  EXPECT_NE(refused("llama.rope.scale_linear", gguf_f32(4)), "");
  EXPECT_THAT(refused("llama.rope.scaling.type", gguf_string("longrope")), HasSubstr("longrope"));
}

}  // namespace
}  // namespace hanok
