// Loading: what configuration, tokenizer and memory may and may not say.
#include "engine/engine.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/session.h"
#include "tiny_model.h"

namespace hanok {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::ordered_json;

class EngineTest : public testing::Test {
 protected:
  void write(const char* name, const Json& json) const { tiny::write(folder_.path() / name, json.dump()); }
  void configure(const char* key, const Json& value) const {
    Json config = tiny::config_json();
    config[key] = value;
    write("config.json", config);
  }
  Result<std::unique_ptr<Engine>> load(EngineOptions options = {}) const {
    options.n_threads = 1;
    return Engine::load(folder_.path(), options);
  }
  std::string error(const EngineOptions& options = {}) const {
    const auto engine = load(options);
    return engine ? "" : engine.error().to_string();
  }

  tiny::Folder folder_{"engine"};
};

TEST_F(EngineTest, TakesTheEndTokensOfEveryFile) {
  EXPECT_TRUE(load().value()->ends_generation(tiny::kEos));
  configure("eos_token_id", nullptr);
  write("generation_config.json", {{"eos_token_id", {tiny::kAb, 7}}});
  const auto engine = load();
  ASSERT_TRUE(engine) << engine.error().to_string();
  EXPECT_TRUE((*engine)->ends_generation(tiny::kAb));
  EXPECT_TRUE((*engine)->ends_generation(7));
  EXPECT_FALSE((*engine)->ends_generation(8));
  for (const Json& bad : {Json("end"), Json(-1), Json(1.5), Json(1LL << 40), Json::array({1, "x"})}) {
    write("generation_config.json", {{"eos_token_id", bad}});
    EXPECT_THAT(error(), AllOf(HasSubstr("eos_token_id"), HasSubstr(bad.dump())));
  }
}

TEST_F(EngineTest, RefusesATokenizerWithTokensThatTheModelLacks) {
  Json tokenizer = tiny::tokenizer_json();
  tokenizer["added_tokens"].push_back({{"id", tiny::kVocab}, {"content", "<word>"}, {"special", false}});
  write("tokenizer.json", tokenizer);
  EXPECT_THAT(error(), AllOf(HasSubstr("tokenizer and model disagree"), HasSubstr("at most 264"), HasSubstr("265")));
}

// Gemma 3's text models bring the token of an image, for which they have no row.
TEST_F(EngineTest, ASpecialTokenBeyondTheVocabularyIsRefusedOnlyWhereItIsUsed) {
  Json tokenizer = tiny::tokenizer_json();
  tokenizer["added_tokens"].push_back({{"id", tiny::kVocab}, {"content", "<image>"}, {"special", true}});
  write("tokenizer.json", tokenizer);
  const auto engine = load();
  ASSERT_TRUE(engine) << engine.error().to_string();
  const auto ids = (*engine)->tokenizer().encode("a<image>");
  ASSERT_TRUE(ids);
  Session session(**engine);
  const auto logits = session.logits(*ids, false);
  ASSERT_FALSE(logits);
  EXPECT_THAT(logits.error().to_string(), AllOf(HasSubstr("outside the vocabulary"), HasSubstr("264")));
}

TEST_F(EngineTest, ChecksTheContext) {
  EXPECT_EQ(load().value()->context(), tiny::kContext);
  EngineOptions options;
  options.context = 17;
  EXPECT_EQ(load(options).value()->context(), 17);
  options.context = tiny::kContext + 1;
  EXPECT_THAT(error(options), AllOf(HasSubstr("--context"), HasSubstr("at most 256"), HasSubstr("257")));
  configure("max_position_embeddings", 1 << 24);
  EXPECT_EQ(load().value()->context(), 8192);
}

// 2^24 tokens of 2 layers with 1024 heads of 16 values for keys and as many for values, in f32: 4 TiB.
TEST_F(EngineTest, RefusesAContextLargerThanMemory) {
  EngineOptions options;
  options.context = 1 << 24;
  options.kv = KvType::kF32;
  Json config = tiny::config_json();
  config["max_position_embeddings"] = 1 << 24;
  constexpr int64_t kHeads = 1024;
  config["num_attention_heads"] = kHeads;
  config["num_key_value_heads"] = kHeads;
  write("config.json", config);
  std::vector<tiny::Tensor> tensors = tiny::tensors();
  for (tiny::Tensor& tensor : tensors) {
    if (tensor.hf.find("_proj") == std::string::npos || tensor.hf.find("mlp") != std::string::npos) continue;
    tensor.shape[tensor.hf.find("o_proj") == std::string::npos ? 0 : 1] = kHeads * tiny::kHeadDim;
    tensor.values.assign(static_cast<size_t>(tensor.shape[0] * tensor.shape[1]), 0.5F);
  }
  tiny::write(folder_.path() / "model.safetensors", tiny::safetensors_bytes(tensors));
  EXPECT_THAT(error(options), AllOf(HasSubstr("context larger than memory"), HasSubstr("4096.0 GiB"),
                                    HasSubstr("16777216 tokens"), HasSubstr("--kv q8")));
}

// A file with holes: half a tebibyte of weights that take no room on the disk.
TEST_F(EngineTest, RefusesWeightsLargerThanMemoryBeforeItReadsThem) {
  const auto path = folder_.path() / "model.safetensors";
  constexpr uint64_t kHuge = uint64_t{1} << 39;
  Json header = Json::object();
  header["huge"] = {{"dtype", "F32"}, {"shape", {kHuge / 4}}, {"data_offsets", {0, kHuge}}};
  const std::string text = header.dump();
  std::string start;
  tiny::put<uint64_t>(start, text.size());
  tiny::write(path, start + text);
  std::error_code failed;
  std::filesystem::resize_file(path, start.size() + text.size() + kHuge, failed);
  if (failed) GTEST_SKIP() << "this file system has no files with holes of that size: " << failed.message();
  EXPECT_THAT(error(), AllOf(HasSubstr("model larger than memory"), HasSubstr("512.0 GiB"), HasSubstr("quantize")));
}

}  // namespace
}  // namespace hanok
