// The configuration of both formats: right values, defaults, and errors that name the key, what was expected and got.
#include "nn/config_reader.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/checkpoints.h"

namespace hanok {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::ordered_json;

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "" : result.error().to_string();
}

TEST(ConfigReader, ReadsConfigJson) {
  const TestFolder folder;
  const Checkpoint checkpoint = json_checkpoint(folder, Json::parse(R"({
    "model_type": "llama", "hidden_size": 64, "eps": 1e-5, "whole": 3.0, "tied": true, "act": "silu", "nothing": null,
    "rope_scaling": {"factor": 8, "deep": {"er": "down"}}})"));
  ConfigReader config(checkpoint);
  EXPECT_FALSE(config.is_gguf());
  EXPECT_EQ(config.architecture(), "llama");
  EXPECT_EQ(config.dimension({"hidden_size", "embedding_length"}).value(), 64);
  EXPECT_EQ(config.dimension_or({"absent", ""}, 7).value(), 7);
  EXPECT_EQ(config.dimension_or({"nothing", ""}, 7).value(), 7);
  EXPECT_EQ(config.integer_or({"whole", ""}, 0).value(), 3);
  EXPECT_EQ(config.number({"eps", ""}).value(), 1e-5);
  EXPECT_EQ(config.number_or({"absent", ""}, 0.5).value(), 0.5);
  EXPECT_EQ(config.number_or({"rope_scaling.factor", ""}, 1).value(), 8);
  EXPECT_EQ(config.text_or({"rope_scaling.deep.er", ""}, "").value(), "down");
  EXPECT_EQ(config.number_or({"hidden_size.inside", ""}, 2).value(), 2);  // a number has no members
  EXPECT_TRUE(config.flag_or({"tied", ""}, false).value());
  EXPECT_EQ(config.text_or({"act", ""}, "").value(), "silu");
  EXPECT_TRUE(config.has({"act", ""}));
  EXPECT_FALSE(config.has({"nothing", ""}));
  EXPECT_FALSE(config.has({"", "act"}));
  EXPECT_EQ(config.json("rope_scaling")->at("factor"), 8);
  EXPECT_EQ(config.json("nothing"), nullptr);
  EXPECT_EQ(error_of(config.finish()), "");
}

TEST(ConfigReader, ReadsGgufBelowTheArchitecture) {
  const TestFolder folder;
  const Checkpoint checkpoint = gguf_checkpoint(folder, {{"general.architecture", gguf_string("qwen2")},
                                                         {"qwen2.embedding_length", gguf_u32(64)},
                                                         {"qwen2.eps", gguf_f32(0.5F)},
                                                         {"qwen2.flag", gguf_bool(true)},
                                                         {"qwen2.text", gguf_string("yarn")},
                                                         {"llama.embedding_length", gguf_u32(3)}});
  ConfigReader config(checkpoint);
  EXPECT_TRUE(config.is_gguf());
  EXPECT_EQ(config.architecture(), "qwen2");
  EXPECT_EQ(config.dimension({"hidden_size", "embedding_length"}).value(), 64);
  EXPECT_EQ(config.number({"", "eps"}).value(), 0.5);
  EXPECT_TRUE(config.flag_or({"", "flag"}, false).value());
  EXPECT_EQ(config.text_or({"", "text"}, "").value(), "yarn");
  EXPECT_EQ(config.integer_or({"hidden_size", ""}, 5).value(), 5);
  EXPECT_EQ(config.gguf_value("absent"), nullptr);
  EXPECT_EQ(config.json("hidden_size"), nullptr);
  EXPECT_EQ(error_of(config.finish()), "");
}

TEST(ConfigReader, NamesTheKeyWhatItExpectedAndWhatItGot) {
  const TestFolder folder;
  const Checkpoint checkpoint = json_checkpoint(folder, Json::parse(R"({
    "model_type": "llama", "text": "four", "half": 2.5, "zero": 0, "huge": 16777217, "list": [1], "number": 1,
    "flag": true, "act": "relu"})"));
  ConfigReader config(checkpoint);
  EXPECT_THAT(error_of(config.dimension({"gone", ""})),
              AllOf(HasSubstr("missing"), HasSubstr("gone"), HasSubstr(folder.path().string())));
  EXPECT_THAT(error_of(config.number({"gone", ""})), HasSubstr("gone"));
  EXPECT_THAT(error_of(config.dimension({"text", ""})),
              AllOf(HasSubstr("text"), HasSubstr("a number"), HasSubstr("\"four\"")));
  EXPECT_THAT(error_of(config.integer_or({"half", ""}, 1)),
              AllOf(HasSubstr("half"), HasSubstr("an integer"), HasSubstr("2.5")));
  EXPECT_THAT(error_of(config.dimension({"zero", ""})), AllOf(HasSubstr("zero"), HasSubstr("1 to 16777216")));
  EXPECT_THAT(error_of(config.dimension({"huge", ""})), HasSubstr("16777217"));
  EXPECT_THAT(error_of(config.number({"list", ""})), HasSubstr("[1]"));
  EXPECT_THAT(error_of(config.flag_or({"number", ""}, false)), AllOf(HasSubstr("number"), HasSubstr("true or false")));
  EXPECT_THAT(error_of(config.text_or({"number", ""}, "")), AllOf(HasSubstr("number"), HasSubstr("a text")));
  EXPECT_THAT(error_of(config.expect_text("act", {"silu", "gelu"})),
              AllOf(HasSubstr("act"), HasSubstr("silu or gelu"), HasSubstr("relu")));
  EXPECT_EQ(error_of(config.expect_text("act", {"silu", "relu"})), "");
  EXPECT_EQ(error_of(config.expect_text("gone", {"silu"})), "");
  EXPECT_THAT(error_of(config.expect_false("flag")), AllOf(HasSubstr("flag"), HasSubstr("false")));
  EXPECT_THAT(error_of(config.expect_false("number")), HasSubstr("number"));
  EXPECT_EQ(error_of(config.expect_false("gone")), "");
}

TEST(ConfigReader, RefusesNumbersOfGgufThatAreNone) {
  const TestFolder folder;
  const Checkpoint checkpoint =
      gguf_checkpoint(folder, {{"general.architecture", gguf_string("llama")},
                               {"llama.nan", gguf_f32(std::numeric_limits<float>::quiet_NaN())},
                               {"llama.infinite", gguf_f32(std::numeric_limits<float>::infinity())},
                               {"llama.double", GgufValue{GgufType::kF64, 1e300}},
                               {"llama.text", gguf_string("many")}});
  ConfigReader config(checkpoint);
  EXPECT_THAT(error_of(config.number({"", "nan"})), HasSubstr("llama.nan"));
  EXPECT_NE(error_of(config.number({"", "infinite"})), "");
  EXPECT_NE(error_of(config.integer_or({"", "nan"}, 1)), "");
  EXPECT_THAT(error_of(config.number({"", "double"})), HasSubstr("1e+300"));  // infinite as f32
  EXPECT_NE(error_of(config.dimension({"", "infinite"})), "");
  EXPECT_THAT(error_of(config.dimension({"", "text"})), AllOf(HasSubstr("llama.text"), HasSubstr("many")));
}

TEST(ConfigReader, FinishNamesAKeyOfConfigJsonThatNobodyAskedFor) {
  const TestFolder folder;
  const auto finish = [&](const char* text, std::initializer_list<std::string_view> ignored = {}) {
    const Checkpoint checkpoint = json_checkpoint(folder, Json::parse(text));
    ConfigReader config(checkpoint);
    config.ignore(ignored);
    return error_of(config.finish());
  };
  EXPECT_EQ(finish(R"({"model_type": "llama", "torch_dtype": "bfloat16", "use_cache": true})"), "");
  EXPECT_EQ(finish(R"({"model_type": "llama", "alibi": null})"), "");
  for (const char* key : {"is_encoder_decoder", "add_cross_attention", "rope_interleaved", "tie_encoder_decoder"}) {
    const std::string name = key;
    EXPECT_EQ(finish(("{\"" + name + "\": false}").c_str()), "");
    EXPECT_THAT(finish(("{\"" + name + "\": true}").c_str()), HasSubstr(name));
  }
  EXPECT_EQ(finish(R"({"chunk_size_feed_forward": 0})"), "");
  EXPECT_THAT(finish(R"({"chunk_size_feed_forward": 4})"), HasSubstr("chunk_size_feed_forward"));
  EXPECT_THAT(finish(R"({"model_type": "llama", "alibi": true})"), AllOf(HasSubstr("alibi"), HasSubstr("true")));
  EXPECT_EQ(finish(R"({"model_type": "llama", "alibi": true})", {"alibi"}), "");
}

TEST(ConfigReader, FinishNamesAKeyOfGgufThatNobodyAskedFor) {
  const TestFolder folder;
  const auto finish = [&](std::string key, GgufValue value) {
    const Checkpoint checkpoint =
        gguf_checkpoint(folder, {{"general.architecture", gguf_string("llama")}, {std::move(key), std::move(value)}});
    return error_of(ConfigReader(checkpoint).finish());
  };
  EXPECT_EQ(finish("llama.vocab_size", gguf_u32(9)), "");
  EXPECT_EQ(finish("general.file_type", gguf_u32(9)), "");
  EXPECT_EQ(finish("tokenizer.ggml.model", gguf_string("gpt2")), "");
  EXPECT_EQ(finish("llama.expert_count", gguf_u32(0)), "");
  EXPECT_EQ(finish("llama.attention.clamp_kqv", gguf_f32(0)), "");
  EXPECT_EQ(finish("llama.swin_norm", gguf_bool(false)), "");
  EXPECT_EQ(finish("llama.attention.causal", gguf_bool(true)), "");
  EXPECT_THAT(finish("llama.attention.causal", gguf_bool(false)), HasSubstr("attention.causal"));
  EXPECT_THAT(finish("llama.expert_count", gguf_u32(8)), AllOf(HasSubstr("llama.expert_count"), HasSubstr("8")));
  EXPECT_THAT(finish("llama.logit_scale", gguf_f32(0.5F)), AllOf(HasSubstr("llama.logit_scale"), HasSubstr("0.5")));
  EXPECT_THAT(finish("llama.swin_norm", gguf_bool(true)), HasSubstr("true"));
  EXPECT_THAT(finish("llama.pooling", gguf_string("mean")), HasSubstr("mean"));
}

}  // namespace
}  // namespace hanok
