// Quantised models generate the same tokens with guesses and without, whatever the threads, on every instruction set.
#include <cstdlib>
#include <limits>

#include "convert/convert_test.h"
#include "engine/session.h"
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
};

TEST_P(QuantizedGeneration, DoesNotDependOnGuessesOrThreads) {
  const tiny::Folder folder("generation");
  std::vector<int32_t> ids;
  for (int i = 0; i < 90; ++i) ids.push_back('a' + i % 6);
  int64_t n_right = 0;
  for (const char* type : {"Q4_0", "Q8_0", "Q5_0", "BF16"}) {
    ASSERT_TRUE(convert(folder.path(), out(type), type, true)) << type;
    for (const KvType kv : {KvType::kF16, KvType::kQ8}) {
      const Generation plain = generate(out(type), kv, 1, 0, ids);
      EXPECT_EQ(plain.ids.size(), 100u);
      EXPECT_EQ(generate(out(type), kv, 2, 0, ids).ids, plain.ids) << type;
      for (const int most : {1, 7, 31}) {
        const Generation guessed = generate(out(type), kv, 2, most, ids);
        EXPECT_EQ(guessed.ids, plain.ids) << type << " " << most;
        n_right += guessed.n_guessed_right;
      }
    }
  }
  EXPECT_GT(n_right, 0);
}

INSTANTIATE_TEST_SUITE_P(Sets, QuantizedGeneration, testing::ValuesIn(kEveryIsa),
                         [](const auto& set) { return std::string(isa_name(set.param)); });

}  // namespace
}  // namespace hanok
