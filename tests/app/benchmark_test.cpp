// What a token costs at least, and how long a line of `hanok bench` takes at least, worked out by hand.
#include "app/benchmark.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "convert/quantize_model.h"
#include "tiny_model.h"

namespace hanok {
namespace {

// The tiny model: two layers of q and o 32x32, k and v 16x32 (one head of keys for two of queries), gate, up and down
// 64x32; five norms of 32; an embedding and a head of 264x32.
constexpr double kBodyMacs = 2 * (2 * 1024 + 2 * 512 + 3 * 2048);
constexpr double kHeadMacs = 8448;
constexpr double kNormBytes = 5 * 32 * 4;
// q.k and weight times v, of two heads of 16.
constexpr double kMacsPerKey = 2 * 2 * 16;

TokenCost cost_of(const std::filesystem::path& path) {
  EngineOptions options;
  options.n_threads = 1;
  const auto engine = Engine::load(path, options);
  EXPECT_TRUE(engine) << engine.error().to_string();
  return engine ? token_cost(**engine) : TokenCost{};
}

TEST(TokenCost, CountsOneMatrixOfTheVocabularyWhetherHeadAndEmbeddingAreTiedOrNot) {
  const tiny::Folder folder("token_cost");
  std::vector<TokenCost> costs{cost_of(folder.path())};
  auto config = tiny::config_json();
  config["tie_word_embeddings"] = true;
  tiny::write(folder.path() / "config.json", config.dump());
  auto tensors = tiny::tensors();
  std::erase_if(tensors, [](const tiny::Tensor& tensor) { return tensor.gguf == "output.weight"; });
  tiny::write(folder.path() / "model.safetensors", tiny::safetensors_bytes(tensors));
  costs.push_back(cost_of(folder.path()));
  for (const TokenCost& cost : costs) {
    EXPECT_EQ(cost.body_macs, kBodyMacs);
    EXPECT_EQ(cost.head_macs, kHeadMacs);
    EXPECT_EQ(cost.macs_per_key, kMacsPerKey);
    EXPECT_EQ(cost.weight_bytes, 4 * (kBodyMacs + kHeadMacs) + kNormBytes);
    EXPECT_FALSE(cost.is_quantized);
    EXPECT_EQ(cost.windows, (std::vector<int64_t>{0, 0}));
  }
}

// 4.5 bits a weight, the head's 8.5: of the two matrices of the vocabulary the smaller is counted.
TEST(TokenCost, CountsTheBytesOfQuantizedTypes) {
  const tiny::Folder folder("token_cost");
  const auto checkpoint = Checkpoint::open(folder.path());
  ASSERT_TRUE(checkpoint);
  ThreadPool pool(1);
  QuantizeOptions options;
  options.type = find_file_type("Q4_0");
  options.with_tokenizer = true;
  const auto path = folder.path() / "q4.gguf";
  const auto report = quantize_model(*checkpoint, path, {pool, *choose_kernels().value()}, options);
  ASSERT_TRUE(report) << report.error().to_string();
  const TokenCost cost = cost_of(path);
  EXPECT_EQ(cost.body_macs, kBodyMacs);
  EXPECT_EQ(cost.head_macs, kHeadMacs);
  EXPECT_EQ(cost.weight_bytes, 4.5 / 8 * (kBodyMacs + kHeadMacs) + kNormBytes);
  EXPECT_TRUE(cost.is_quantized);
}

// As EXAONE 4: norms after the branches, over q and k, and a sliding layer below one that sees everything.
TEST(TokenCost, KnowsWhichLayersHaveAWindow) {
  const tiny::Folder folder("token_cost");
  auto config = tiny::config_json();
  config["model_type"] = "exaone4";
  config["sliding_window"] = 8;
  config["layer_types"] = {"sliding_attention", "full_attention"};
  tiny::write(folder.path() / "config.json", config.dump());
  auto tensors = tiny::tensors();
  for (tiny::Tensor& tensor : tensors)
    if (const size_t at = tensor.hf.find("input_layernorm"); at != std::string::npos)
      tensor.hf.replace(at, std::string("input_layernorm").size(), "post_feedforward_layernorm");
  for (const char* norm : {"q_norm", "k_norm"})
    for (const char* layer : {"model.layers.0.self_attn.", "model.layers.1.self_attn."})
      tensors.push_back({std::string(layer) + norm + ".weight", "", {16}, std::vector<float>(16, 1.0f)});
  tiny::write(folder.path() / "model.safetensors", tiny::safetensors_bytes(tensors));
  const TokenCost cost = cost_of(folder.path());
  EXPECT_EQ(cost.windows, (std::vector<int64_t>{8, 0}));
  EXPECT_EQ(cost.body_macs, kBodyMacs);
  EXPECT_EQ(cost.weight_bytes, 4 * (kBodyMacs + kHeadMacs) + kNormBytes + 4 * 16 * 4);
}

// A layer that sees everything and one that sees four keys.
TokenCost some_cost(bool is_quantized = true) {
  return {.body_macs = 1000,
          .head_macs = 200,
          .macs_per_key = 10,
          .weight_bytes = 5000,
          .is_quantized = is_quantized,
          .windows = {0, 4}};
}
constexpr double kKvBytes = 100;  // of a token: 50 in each layer
constexpr MachineLimits kSlowReads{.read_bytes_per_s = 1, .int8_macs_per_s = 1e9, .f32_macs_per_s = 1e9};
constexpr MachineLimits kSlowProducts{.read_bytes_per_s = 1e9, .int8_macs_per_s = 2, .f32_macs_per_s = 1};

constexpr BenchPoint prompt(int64_t n, int64_t depth) {
  return {.n_prompt = n, .n_generate = 0, .depth = depth, .sequences = 1};
}
constexpr BenchPoint steps(int64_t n, int64_t depth, int64_t sequences) {
  return {.n_prompt = 0, .n_generate = n, .depth = depth, .sequences = sequences};
}

TEST(LeastSeconds, OfAPromptAreItsProductsOrTheWeightsReadOnce) {
  // Three tokens see 1, 2 and 3 keys in both layers; one row of logits.
  EXPECT_EQ(least_seconds(prompt(3, 0), some_cost(), kKvBytes, kSlowProducts), (3 * 1000 + 200 + 10 * (6 + 6)) / 2.0);
  // After two others 3, 4, 5 and 6, of which the window leaves 3, 4, 4 and 4.
  EXPECT_EQ(least_seconds(prompt(4, 2), some_cost(), kKvBytes, kSlowProducts), (4 * 1000 + 200 + 10 * (18 + 15)) / 2.0);
  EXPECT_EQ(least_seconds(prompt(4, 2), some_cost(), kKvBytes, kSlowReads), 5000);
}

TEST(LeastSeconds, OfStepsAreTheProductsOfEverySequence) {
  // Two tokens see 7 and 8 keys, or 4 and 4.
  constexpr double kOne = 2 * (1000 + 200) + 10 * (15 + 8);
  EXPECT_EQ(least_seconds(steps(2, 6, 1), some_cost(), kKvBytes, kSlowProducts), kOne / 2);
  EXPECT_EQ(least_seconds(steps(2, 6, 8), some_cost(), kKvBytes, kSlowProducts), 8 * kOne / 2);
}

TEST(LeastSeconds, OfStepsAreTheWeightsReadOnceAndTheKeysOfEverySequence) {
  EXPECT_EQ(least_seconds(steps(2, 6, 1), some_cost(), kKvBytes, kSlowReads), 2 * 5000 + 50 * (15 + 8));
  EXPECT_EQ(least_seconds(steps(2, 6, 8), some_cost(), kKvBytes, kSlowReads), 2 * 5000 + 8 * 50 * (15 + 8));
}

TEST(LeastSeconds, OfFloatWeightsAreAtTheRateOfFloats) {
  const double quantized = least_seconds(steps(2, 6, 8), some_cost(), kKvBytes, kSlowProducts);
  EXPECT_EQ(least_seconds(steps(2, 6, 8), some_cost(false), kKvBytes, kSlowProducts), 2 * quantized);
}

}  // namespace
}  // namespace hanok
