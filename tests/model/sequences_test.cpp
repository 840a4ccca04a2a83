// Sequences that share a forward pass are as if alone, in every family and on every instruction set.
#include "sequences.h"

#include "golden.h"

namespace hanok {
namespace {

class Sequences : public testing::TestWithParam<std::tuple<std::string, Isa>> {};

TEST_P(Sequences, OfUnequalDepthInOnePassAreAsIfAlone) {
  const auto& [name, isa] = GetParam();
  const KernelTable* kernels = kernels_for(isa);
  if (kernels == nullptr) GTEST_SKIP() << "this processor lacks " << isa_name(isa);
  ASSERT_EQ(kernels->isa, isa);
  const auto checkpoint = Checkpoint::open(families_folder() / name);
  ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
  ThreadPool pool(2);
  const auto model = load_model(*checkpoint, {pool, *kernels});
  ASSERT_TRUE(model) << model.error().to_string();
  expect_sequences_as_if_alone(**model, *kernels);
}

INSTANTIATE_TEST_SUITE_P(Goldens, Sequences,
                         testing::Combine(testing::ValuesIn(family_cases()), testing::ValuesIn(kEveryIsa)),
                         [](const auto& named) {
                           return std::get<0>(named.param) + "_" + std::string(isa_name(std::get<1>(named.param)));
                         });

}  // namespace
}  // namespace hanok
