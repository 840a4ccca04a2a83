// Quantised models generate the same tokens with guesses and without, whatever the threads, on every instruction set.
#include <cstdlib>
#include <limits>
#include <set>
#include <string_view>

#include "convert/convert_test.h"
#include "engine/session.h"
#include "model/sequences.h"
#include "tiny_model.h"

namespace hanok {
namespace {

class QuantizedGeneration : public Converting, public testing::WithParamInterface<Isa> {
 protected:
  void SetUp() override {
    if (kernels_for(GetParam()) == nullptr) GTEST_SKIP() << "this processor lacks " << isa_name(GetParam());
    ::setenv("HANOK_ISA", std::string(isa_name(GetParam())).c_str(), 1);
  }
  void TearDown() override { ::unsetenv("HANOK_ISA"); }

  static Generation generate(const std::filesystem::path& path, KvType kv, int n_threads, int lookup,
                             const std::vector<int32_t>& ids) {
    EngineOptions options;
    options.n_threads = n_threads;
    options.kv = kv;
    const auto engine = Engine::load(path, options).value();
    EXPECT_EQ(engine->exec().kernels.isa, GetParam());
    SamplingOptions sampling;
    sampling.temperature = 0;
    sampling.max_tokens = 100;
    sampling.lookup = lookup;
    for (int32_t id = 0; id < tiny::kVocab; ++id)
      if (id < 'a' || id > 'f') sampling.logit_bias[id] = -std::numeric_limits<float>::infinity();
    Session session(*engine);
    return session.generate(ids, sampling, {}, nullptr).value();
  }

  // Whatever the threads and the guesses, the file's answer is one; how many guesses were right.
  static int64_t expect_the_same(const std::filesystem::path& path) {
    std::vector<int32_t> ids;
    for (int i = 0; i < 90; ++i) ids.push_back('a' + i % 6);
    int64_t n_right = 0;
    for (const KvType kv : {KvType::kF16, KvType::kQ8}) {
      const Generation plain = generate(path, kv, 1, 0, ids);
      EXPECT_EQ(plain.ids.size(), 100u);
      EXPECT_EQ(generate(path, kv, 2, 0, ids).ids, plain.ids) << path;
      for (const int most : {1, 7, 31}) {
        const Generation guessed = generate(path, kv, 2, most, ids);
        EXPECT_EQ(guessed.ids, plain.ids) << path << " " << most;
        n_right += guessed.n_guessed_right;
      }
    }
    return n_right;
  }

  // Rounding a block of 32 activations to codes errs by at most sqrt(32) / 127 / sqrt(12) of its root mean square; the
  // 15 products on the way add in squares, and twice that for what is not linear (as in families_gguf_test.cpp).
  void expect_near_the_float_run(const std::filesystem::path& path) {
    std::vector<int32_t> ids;
    for (int i = 0; i < 90; ++i) ids.push_back(i * 37 % 256);
    const auto rounded = run(path, ids, Precision::kInt8), exact = run(path, ids, Precision::kF32);
    ASSERT_TRUE(rounded && exact);
    EXPECT_LE(rms_difference(rounded->logits, exact->logits), 2 * std::sqrt(15.0 / 12 * 32) / 127);
    EXPECT_NE(rounded->logits, exact->logits) << "the integer run is another computation";
  }
};

TEST_P(QuantizedGeneration, DoesNotDependOnGuessesOrThreads) {
  const tiny::Folder folder("generation");
  int64_t n_right = 0;
  for (const char* type : {"Q4_0", "Q8_0", "Q5_0", "BF16"}) {
    ASSERT_TRUE(convert(folder.path(), out(type), type, true)) << type;
    n_right += expect_the_same(out(type));
  }
  EXPECT_GT(n_right, 0);
}

std::set<DType> types_of(const QuantizeReport& report) {
  std::set<DType> types;
  for (const QuantizedTensor& tensor : report.tensors)
    if (tensor.shape.rank == 2) types.insert(tensor.to);
  return types;
}

// Q4_K_M and Q5_K_M hold Q6_K too. No file type gives IQ4_XS: its kernels are tested in tests/ops alone.
TEST_P(QuantizedGeneration, OfKTypesDoesNotDependOnGuessesOrThreads) {
  const tiny::Folder folder("generation", tiny::kWide);
  int64_t n_right = 0;
  const std::pair<const char*, DType> types[] = {
      {"Q4_K_M", DType::kQ4_K}, {"Q5_K_M", DType::kQ5_K}, {"Q6_K", DType::kQ6_K}};
  for (const auto& [name, base] : types) {
    SCOPED_TRACE(name);
    const auto report = convert(folder.path(), out(name), name, true);
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(types_of(*report), (std::set{base, DType::kQ6_K}));
    n_right += expect_the_same(out(name));
    expect_near_the_float_run(out(name));
  }
  EXPECT_GT(n_right, 0);
}

// Many sequences in one pass, on weights that take integers.
TEST_P(QuantizedGeneration, OfSequencesInOnePassIsAsIfAlone) {
  const tiny::Folder narrow("narrow"), wide("wide", tiny::kWide);
  for (const char* type : {"Q4_0", "Q8_0", "Q4_K_M", "Q5_K_M"}) {
    SCOPED_TRACE(type);
    const bool is_k = std::string_view(type).ends_with("K_M");
    ASSERT_TRUE(convert((is_k ? wide : narrow).path(), out(type), type, true));
    const auto checkpoint = Checkpoint::open(out(type));
    ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
    const ExecContext ctx = context(Precision::kInt8);
    ASSERT_EQ(ctx.kernels.isa, GetParam());
    const auto model = load_model(*checkpoint, ctx);
    ASSERT_TRUE(model) << model.error().to_string();
    expect_sequences_as_if_alone(**model, ctx.kernels);
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, QuantizedGeneration, testing::ValuesIn(kEveryIsa),
                         [](const auto& set) { return std::string(isa_name(set.param)); });

}  // namespace
}  // namespace hanok
