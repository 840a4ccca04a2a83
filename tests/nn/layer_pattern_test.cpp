// Which layers slide, from every form that checkpoints use.
#include "nn/layer_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/checkpoints.h"

namespace hanok {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::ordered_json;

// One letter per layer, L for those that slide; else the error.
std::string pattern(const Checkpoint& checkpoint, int64_t n_layers, int64_t usual_period) {
  ConfigReader config(checkpoint);
  const auto sliding = read_layer_pattern(config, n_layers, usual_period);
  if (!sliding) return sliding.error().to_string();
  std::string letters;
  for (const bool slides : *sliding) letters += slides ? 'L' : 'G';
  return letters;
}

std::string of_json(const char* text, int64_t n_layers, int64_t usual_period = 4) {
  const TestFolder folder;
  return pattern(json_checkpoint(folder, Json::parse(text)), n_layers, usual_period);
}

std::string of_gguf(GgufMetadata metadata, int64_t n_layers, int64_t usual_period = 4) {
  const TestFolder folder;
  metadata.emplace("general.architecture", gguf_string("gemma3"));
  return pattern(gguf_checkpoint(folder, metadata), n_layers, usual_period);
}

TEST(LayerPattern, ReadsLayerTypesFirst) {
  EXPECT_EQ(of_json(R"({"layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
                        "sliding_window_pattern": 2})",
                    3),
            "LGL");
}

TEST(LayerPattern, TakesAPeriodWhoseLastLayerIsGlobal) {
  EXPECT_EQ(of_json(R"({"sliding_window_pattern": 3})", 7), "LLGLLGL");
  EXPECT_EQ(of_json(R"({"sliding_window_pattern": 1})", 3), "GGG");
  EXPECT_EQ(of_gguf({{"gemma3.attention.sliding_window_pattern", gguf_u32(2)}}, 5), "LGLGL");
}

TEST(LayerPattern, TakesLettersAndRepeatsThem) {
  EXPECT_EQ(of_json(R"({"sliding_window_pattern": "LLLG"})", 6), "LLLGLL");
}

TEST(LayerPattern, TakesTheFlagsOfGguf) {
  const GgufValue flags{GgufType::kBool, std::vector<bool>{true, false, true, true}};
  EXPECT_EQ(of_gguf({{"gemma3.attention.sliding_window_pattern", flags}}, 4), "LGLL");
  EXPECT_EQ(of_gguf({{"gemma3.attention.sliding_window_pattern", flags}}, 3), "LGL");
  EXPECT_THAT(of_gguf({{"gemma3.attention.sliding_window_pattern", flags}}, 5),
              AllOf(HasSubstr("too few"), HasSubstr("5"), HasSubstr("4")));
}

TEST(LayerPattern, FallsBackToTheUsualPeriod) {
  EXPECT_EQ(of_json("{}", 6, 3), "LLGLLG");
  EXPECT_EQ(of_json(R"({"sliding_window_pattern": null, "layer_types": null})", 4, 2), "LGLG");
  EXPECT_EQ(of_gguf({}, 4, 1), "GGGG");
}

TEST(LayerPattern, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(of_json(R"({"layer_types": ["full_attention"]})", 2), AllOf(HasSubstr("2 layers"), HasSubstr("got 1")));
  EXPECT_THAT(of_json(R"({"layer_types": "full"})", 2), HasSubstr("layer_types"));
  EXPECT_THAT(of_json(R"({"layer_types": ["linear_attention", "full_attention"]})", 2), HasSubstr("linear_attention"));
  EXPECT_THAT(of_json(R"({"layer_types": [1, 2]})", 2), HasSubstr("layer_types"));
  EXPECT_THAT(of_json(R"({"sliding_window_pattern": "LLXG"})", 4), HasSubstr("LLXG"));
  EXPECT_THAT(of_json(R"({"sliding_window_pattern": ""})", 4), HasSubstr("letters"));
  EXPECT_THAT(of_json(R"({"sliding_window_pattern": 0})", 4), HasSubstr("sliding_window_pattern"));
  EXPECT_THAT(of_json(R"({"sliding_window_pattern": [true]})", 4), HasSubstr("sliding_window_pattern"));
}

}  // namespace
}  // namespace hanok
