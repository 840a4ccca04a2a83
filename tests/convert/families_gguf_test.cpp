// Every family's golden, written as GGUF and read back: the same logits as F32, and close to them in each smaller type.
#include <map>

#include "convert/convert_test.h"
#include "convert/wide_model.h"

namespace hanok {
namespace {

// As in tests/model/families_test.cpp.
constexpr double kTolerance = 1e-4;

std::vector<std::string> cases(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_directory()) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

class FamiliesAsGguf : public Converting, public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    auto read = read_golden(folder() / "golden.st");
    ASSERT_TRUE(read) << read.error().to_string();
    golden_ = std::move(*read);
  }
  std::filesystem::path folder() const { return families_folder() / GetParam(); }

  Golden golden_;
};

TEST_P(FamiliesAsGguf, EqualTheReferenceAsF32) {
  const auto report = convert(folder(), out("f32"), "F32");
  ASSERT_TRUE(report) << report.error().to_string();
  for (const QuantizedTensor& tensor : report->tensors) EXPECT_EQ(tensor.distortion, 0) << tensor.name;
  const auto got = run(out("f32"), golden_.tokens, Precision::kF32);
  ASSERT_TRUE(got) << got.error().to_string();
  ASSERT_EQ(got->states.size(), golden_.states.size());
  for (size_t i = 0; i < golden_.states.size(); ++i)
    EXPECT_LT(relative_difference(got->states[i], golden_.states[i]), kTolerance) << "states " << i;
  EXPECT_LT(relative_difference(got->logits, golden_.logits), kTolerance);
}

// The weights are bf16, so that a BF16 file loses nothing either.
TEST_P(FamiliesAsGguf, EqualTheReferenceAsBf16) {
  const auto report = convert(folder(), out("bf16"), "BF16");
  ASSERT_TRUE(report) << report.error().to_string();
  const auto got = run(out("bf16"), golden_.tokens, Precision::kF32);
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_LT(relative_difference(got->logits, golden_.logits), kTolerance);
}

// Root mean square of a code's rounding, uniform within a step, as a share of a weight's: the goldens' weights are
// normal, and 32 normal values reach 2.4 deviations on average and span 4.1.
double weight_error(DType dtype) {
  const double uniform = 1 / std::sqrt(12.0);
  switch (dtype) {
    case DType::kQ8_0:
      return 2.4 / 127 * uniform;
    case DType::kQ6_K:
      return 2.4 / 31 * uniform;
    case DType::kQ5_1:
    case DType::kQ5_K:
      return 4.1 / 31 * uniform;
    case DType::kQ5_0:  // symmetric: twice 2.4
      return 4.8 / 31 * uniform;
    case DType::kQ4_K:
      return 4.1 / 15 * uniform;
    case DType::kQ4_0:
      return 4.8 / 15 * uniform;
    case DType::kF16:
      return std::ldexp(uniform, -10);
    default:
      return 0;
  }
}

// A block of 32 activations reaches at most sqrt(32) of its root mean square.
const double kActivationError = std::sqrt(32.0) / 127 / std::sqrt(12.0);

// Independent errors of the products along the way add in squares. The factor covers what is not linear: a softmax
// turns an error of scores of a few units into a relative error of that many times.
double logits_error(const QuantizeReport& report, double activation_error) {
  double squares = 0;
  for (const QuantizedTensor& tensor : report.tensors) {
    if (tensor.shape.rank < 2) continue;
    const double error = weight_error(tensor.to);
    squares += error * error + (is_quantized(tensor.to) ? activation_error * activation_error : 0);
  }
  return 2 * std::sqrt(squares);
}

class FormatLosses : public Converting {
 protected:
  // Every type's file loses no more than its format does, in the f32 and in the integer run.
  void expect_losses(const std::filesystem::path& folder, const Golden& golden) {
    for (const char* type : {"Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0"}) {
      SCOPED_TRACE(type);
      const auto report = convert(folder, out(type), type);
      ASSERT_TRUE(report) << report.error().to_string();
      for (const QuantizedTensor& tensor : report->tensors)
        EXPECT_LE(tensor.distortion, 1.2 * weight_error(tensor.to)) << tensor.name << " " << dtype_name(tensor.to);
      const auto exact = run(out(type), golden.tokens, Precision::kF32);
      const auto int8 = run(out(type), golden.tokens, Precision::kInt8);
      ASSERT_TRUE(exact && int8);
      EXPECT_LE(rms_difference(exact->logits, golden.logits), logits_error(*report, 0));
      EXPECT_LE(rms_difference(int8->logits, golden.logits), logits_error(*report, kActivationError));

      // The same weights, written out as F32, must give the same logits: nothing but the format was lost.
      ASSERT_TRUE(convert(out(type), out(std::string(type) + "_f32"), "F32"));
      const auto plain = run(out(std::string(type) + "_f32"), golden.tokens, Precision::kF32);
      ASSERT_TRUE(plain) << plain.error().to_string();
      EXPECT_LT(relative_difference(exact->logits, plain->logits), kTolerance);
    }
  }
};

class NarrowFamilies : public FormatLosses, public testing::WithParamInterface<std::string> {};

// Rows of 64, 80 and 96: the types that stand in for those with longer blocks.
TEST_P(NarrowFamilies, LoseWhatTheFormatLoses) {
  const auto golden = read_golden(families_folder() / GetParam() / "golden.st");
  ASSERT_TRUE(golden) << golden.error().to_string();
  expect_losses(families_folder() / GetParam(), *golden);
}

class WideFamilies : public FormatLosses, public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    write_wide_model(GetParam(), folder_);
    auto read = read_golden(wide_folder() / GetParam() / "golden.st");
    ASSERT_TRUE(read) << read.error().to_string();
    golden_ = std::move(*read);
  }

  const std::filesystem::path folder_ = out_folder_ / "wide";
  Golden golden_;
};

TEST_P(WideFamilies, EqualTheReferenceAsF32) {
  ASSERT_TRUE(convert(folder_, out("f32"), "F32"));
  for (const auto& path : {folder_, out("f32")}) {
    const auto got = run(path, golden_.tokens, Precision::kF32);
    ASSERT_TRUE(got) << got.error().to_string();
    EXPECT_LT(relative_difference(got->logits, golden_.logits), kTolerance);
  }
}

TEST_P(WideFamilies, LoseWhatTheFormatLoses) {
  expect_losses(folder_, golden_);
}

TEST_P(WideFamilies, TakeTheTypesOfTheMix) {
  const auto report = convert(folder_, out("mix"), "Q4_K_M");
  ASSERT_TRUE(report) << report.error().to_string();
  std::map<DType, int> n_of;
  for (const QuantizedTensor& tensor : report->tensors) ++n_of[tensor.to];
  EXPECT_GT(n_of[DType::kQ4_K], 4);
  EXPECT_GT(n_of[DType::kQ6_K], 0);
  EXPECT_EQ(n_of[DType::kQ5_0] + n_of[DType::kF16], 0);
}

INSTANTIATE_TEST_SUITE_P(Goldens, FamiliesAsGguf, testing::ValuesIn(cases(families_folder())),
                         [](const auto& param_info) { return param_info.param; });
INSTANTIATE_TEST_SUITE_P(Goldens, NarrowFamilies, testing::ValuesIn(cases(families_folder())),
                         [](const auto& param_info) { return param_info.param; });
INSTANTIATE_TEST_SUITE_P(Goldens, WideFamilies, testing::ValuesIn(cases(wide_folder())),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace hanok
