// The encoders' goldens, written as GGUF and read back: the same states and vectors.
#include "convert/convert_test.h"
#include "model/encoder_golden.h"

namespace hanok {
namespace {

class EncodersAsGguf : public Converting, public testing::WithParamInterface<std::string> {};

TEST_P(EncodersAsGguf, EqualTheReferenceAsF32) {
  const auto folder = encoders_folder() / GetParam();
  const auto golden = read_encoder_golden(folder / "golden.st");
  ASSERT_TRUE(golden) << golden.error().to_string();
  const auto report = convert(folder, out("f32"), "F32");
  ASSERT_TRUE(report) << report.error().to_string();
  const auto checkpoint = Checkpoint::open(out("f32"));
  ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
  EXPECT_EQ(checkpoint->gguf().get_string("general.architecture").value(), "bert");
  const auto from_folder = Checkpoint::open(folder);
  const auto model = load_encoder(*checkpoint, context());
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ((*model)->info.max_context, load_encoder_outline(*from_folder, context()).value()->info.max_context);
  const EncoderRun run = run_encoder(**model, context(), *golden, golden->sequences);
  for (size_t i = 0; i < golden->states.size(); ++i)
    EXPECT_LT(relative_difference(run.states[i], golden->states[i]), 1e-4) << "states " << i;
  EXPECT_LT(relative_difference(run.vectors, golden->vectors), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Goldens, EncodersAsGguf, testing::ValuesIn(encoder_cases()),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace hanok
