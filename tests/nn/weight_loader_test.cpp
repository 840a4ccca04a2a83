// Tensors by name: shapes checked, values finite, nothing missing and nothing left over.
#include "nn/weight_loader.h"

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/f16.h"
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

// KiB in memory of the mapping that holds the address.
size_t resident_kib(const void* at) {
  std::ifstream maps("/proc/self/smaps");
  const auto address = reinterpret_cast<uintptr_t>(at);
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0, end = 0;
    size_t kib = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) here = begin <= address && address < end;
    if (here && std::sscanf(line.c_str(), "Rss: %zu kB", &kib) == 1) return kib;
  }
  return 0;
}

class WeightLoaderTest : public testing::Test {
 protected:
  Checkpoint checkpoint(const std::vector<F32Tensor>& tensors) const {
    return json_checkpoint(folder_, Json{{"model_type", "llama"}}, tensors);
  }
  // y = x W^T + b of one token.
  std::vector<float> apply(const Linear& layer, const std::vector<float>& x) const {
    std::vector<float> y(static_cast<size_t>(layer.n_out()));
    layer.apply(ctx_, x.data(), 1, y.data());
    return y;
  }

  TestFolder folder_;
  mutable ThreadPool pool_{2};
  const ExecContext ctx_{pool_, *kernels_for(Isa::kPortable), Precision::kF32};
};

constexpr TensorName kProj{"layers.{}.proj", "blk.{}.proj"};
constexpr TensorName kNorm{"norm", "output_norm"};

TEST_F(WeightLoaderTest, TakesWeightsByTheLayersNameAndTheirBiases) {
  const Checkpoint file = checkpoint({{"layers.0.proj.weight", {2, 3}, {1, 2, 3, 4, 5, 6}},
                                      {"layers.0.proj.bias", {2}, {10, 20}},
                                      {"layers.11.proj.weight", {1, 3}, {7, 8, 9}},
                                      {"norm.weight", {2}, {0.5, -0.5}}});
  WeightLoader weights(file, ctx_);
  EXPECT_TRUE(weights.has(kProj, 11));
  EXPECT_FALSE(weights.has(kProj, 1));
  EXPECT_TRUE(weights.has(kProj, 0, ".bias"));
  EXPECT_EQ(apply(weights.linear(kProj, 0, 2, 3, Bias::kRequired).value(), {1, 0, -1}),
            (std::vector<float>{8, 18}));  // 1 - 3 + 10, 4 - 6 + 20
  EXPECT_EQ(apply(weights.linear(kProj, 11, 1, 3, Bias::kIfPresent).value(), {1, 1, 1}), std::vector<float>{24});
  EXPECT_EQ(weights.vector(kNorm, -1, 2).value(), (std::vector<float>{0.5, -0.5}));
  EXPECT_EQ(error_of(weights.finish()), "");
}

TEST_F(WeightLoaderTest, NamesWhatIsMissingAndWhatHasAnotherShape) {
  const Checkpoint file =
      checkpoint({{"layers.0.proj.weight", {2, 3}, {1, 2, 3, 4, 5, 6}}, {"norm.weight", {2}, {1, 1}}});
  WeightLoader weights(file, ctx_);
  EXPECT_THAT(error_of(weights.linear(kProj, 1, 2, 3)),
              AllOf(HasSubstr("missing"), HasSubstr("layers.1.proj.weight"), HasSubstr("[2, 3]")));
  EXPECT_THAT(error_of(weights.linear(kProj, 0, 2, 3, Bias::kRequired)), HasSubstr("layers.0.proj.bias"));
  EXPECT_THAT(error_of(weights.linear(kProj, 0, 3, 2)),
              AllOf(HasSubstr("layers.0.proj.weight"), HasSubstr("[3, 2]"), HasSubstr("[2, 3]")));
  EXPECT_THAT(error_of(weights.vector(kNorm, -1, 3)), AllOf(HasSubstr("[3]"), HasSubstr("[2]")));
  EXPECT_THAT(error_of(weights.embedding({"layers.0.proj", ""}, 2, 4)),
              AllOf(HasSubstr("[2, 4]"), HasSubstr("[2, 3]")));
}

TEST_F(WeightLoaderTest, FinishNamesWhatNobodyTook) {
  const Checkpoint file = checkpoint({{"a.weight", {1}, {1}},
                                      {"b.weight", {1}, {1}},
                                      {"c.weight", {1}, {1}},
                                      {"d.weight", {1}, {1}},
                                      {"e.weight", {1}, {1}},
                                      {"f.weight", {1}, {1}}});
  WeightLoader weights(file, ctx_);
  ASSERT_TRUE(weights.vector({"b", ""}, -1, 1));
  EXPECT_THAT(error_of(weights.finish()),
              AllOf(HasSubstr("5 more"), HasSubstr("a.weight, c.weight"), HasSubstr("...")));
  for (const char* name : {"a.weight", "c.weight", "d.weight", "e.weight"}) weights.ignore(name);
  EXPECT_THAT(error_of(weights.finish()), AllOf(HasSubstr("1 more"), HasSubstr("f.weight")));
  weights.ignore("f.weight");
  EXPECT_EQ(error_of(weights.finish()), "");
}

TEST_F(WeightLoaderTest, AnEmbeddingStaysInTheFileAndLetsItsPagesGo) {
  constexpr int64_t kRows = 1024, kCols = 64;
  std::vector<float> values(kRows * kCols);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const Checkpoint file = checkpoint({{"embed.weight", {kRows, kCols}, values}});
  WeightLoader weights(file, ctx_);
  const auto embedding = weights.embedding({"embed", ""}, kRows, kCols);
  ASSERT_TRUE(embedding);
  EXPECT_EQ(embedding->table.data, file.find("embed.weight")->data);
  const std::vector<int32_t> ids{7, 1023, 7};
  std::vector<float> rows(ids.size() * kCols);
  for (int again = 0; again < 2; ++again) {
    embedding->rows(ctx_, ids, rows.data());
    for (size_t i = 0; i < rows.size(); ++i)
      ASSERT_EQ(rows[i], values[static_cast<size_t>(ids[i / kCols]) * kCols + i % kCols]);
    EXPECT_LE(resident_kib(embedding->table.data), 8u);  // the file's header shares a page, and the end
  }
}

TEST_F(WeightLoaderTest, TellsTheShareOfBytesTaken) {
  const Checkpoint file = checkpoint({{"layers.0.proj.weight", {3, 1}, {1, 2, 3}}, {"norm.weight", {1}, {1}}});
  std::vector<double> shares;
  WeightLoader weights(file, ctx_, [&](double share) { shares.push_back(share); });
  ASSERT_TRUE(weights.linear(kProj, 0, 3, 1));
  ASSERT_TRUE(weights.vector(kNorm, -1, 1));
  EXPECT_EQ(shares, (std::vector<double>{0.75, 1}));
}

TEST_F(WeightLoaderTest, RefusesFloatsThatAreNotFiniteAndNamesTheRow) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    std::vector<float> values(600 * 2, 1);
    values[2 * 517 + 1] = bad;
    const Checkpoint file = checkpoint({{"layers.0.proj.weight", {600, 2}, values}});
    WeightLoader weights(file, ctx_);
    EXPECT_THAT(error_of(weights.linear(kProj, 0, 600, 2)),
                AllOf(HasSubstr("layers.0.proj.weight, row 517"), HasSubstr("NaN or infinity")));
  }
}

// The f16 at byte `offset` of the last block of a row of 512.
RawTensor quantized(DType dtype, int64_t offset, uint16_t bits) {
  RawTensor tensor;
  tensor.info = {"blk.0.proj.weight", dtype, shape_of({2, 512})};
  tensor.bytes.resize(tensor.info.n_bytes());
  const auto n_bytes = static_cast<size_t>(dtype_info(dtype).block_bytes);
  std::memcpy(tensor.bytes.data() + tensor.bytes.size() - n_bytes + static_cast<size_t>(offset), &bits, sizeof bits);
  return tensor;
}

TEST_F(WeightLoaderTest, RefusesScalesOfEveryFormatThatAreNotFinite) {
  struct Scales {
    DType dtype;
    std::vector<int64_t> offsets;  // of the block's f16 factors, from tensor/blocks.h
  };
  const Scales all[] = {{DType::kQ4_0, {0}},    {DType::kQ4_1, {0, 2}},   {DType::kQ5_0, {0}},   {DType::kQ5_1, {0, 2}},
                        {DType::kQ8_0, {0}},    {DType::kQ2_K, {80, 82}}, {DType::kQ3_K, {108}}, {DType::kQ4_K, {0, 2}},
                        {DType::kQ5_K, {0, 2}}, {DType::kQ6_K, {208}},    {DType::kIQ4_NL, {0}}, {DType::kIQ4_XS, {0}}};
  const GgufMetadata metadata{{"general.architecture", gguf_string("llama")}};
  for (const Scales& scales : all) {
    for (const int64_t offset : scales.offsets) {
      for (const uint16_t bits : {uint16_t{0x7c00}, uint16_t{0xfe00}, f32_to_f16(1)}) {
        const Checkpoint file = gguf_checkpoint(folder_, metadata, {quantized(scales.dtype, offset, bits)});
        WeightLoader weights(file, ctx_);
        const std::string error = error_of(weights.linear(kProj, 0, 2, 512));
        if (f16_to_f32(bits) == 1) {
          EXPECT_EQ(error, "") << dtype_name(scales.dtype);
        } else {
          EXPECT_THAT(error, HasSubstr("blk.0.proj.weight, row 1")) << dtype_name(scales.dtype) << " at " << offset;
        }
      }
    }
  }
}

TEST_F(WeightLoaderTest, RefusesATypeThatIsNoWeight) {
  RawTensor tensor;
  tensor.info = {"blk.0.proj.weight", DType::kI32, shape_of({1, 2})};
  tensor.bytes.resize(8);
  const Checkpoint file = gguf_checkpoint(folder_, {{"general.architecture", gguf_string("llama")}}, {tensor});
  WeightLoader weights(file, ctx_);
  EXPECT_THAT(error_of(weights.linear(kProj, 0, 1, 2)), AllOf(HasSubstr("blk.0.proj.weight"), HasSubstr("I32")));
}

}  // namespace
}  // namespace hanok
