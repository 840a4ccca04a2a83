// Files of reference logits: rows are what the format says, and a file that lies about itself is refused.
#include "app/reference_logits.h"

#include <cmath>
#include <cstring>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hanok {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A file of one chunk of six tokens over a vocabulary of three: two rows of an even number of steps.
class ReferenceFile : public testing::Test {
 protected:
  ReferenceFile() { ::unlink(path_.c_str()); }
  ~ReferenceFile() override { ::unlink(path_.c_str()); }

  template <class T>
  void add(std::initializer_list<T> values) {
    for (const T value : values) bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void fill() {
    bytes_ = "_logits_";
    add<int32_t>({6, 3, 1});
    add<int32_t>({10, 11, 12, 13, 14, 15});
    add<float>({0.5f, -4.0f});
    add<uint16_t>({0, 2, 7, 99});  // the fourth only fills up
    add<float>({0.25f, -8.0f});
    add<uint16_t>({1, 0, 65535, 99});
  }
  Result<ReferenceLogits> open() const {
    std::ofstream(path_, std::ios::binary) << bytes_;
    return ReferenceLogits::open(path_);
  }

  // Of each test's own: tests run side by side.
  std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("hanok_reference_") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".kld");
  std::string bytes_;
};

TEST_F(ReferenceFile, GivesTokensAndLogProbabilities) {
  fill();
  const auto logits = open();
  ASSERT_TRUE(logits) << logits.error().to_string();
  EXPECT_EQ(logits->context(), 6);
  EXPECT_EQ(logits->vocab(), 3);
  EXPECT_EQ(logits->n_chunks(), 1);
  EXPECT_THAT(logits->tokens(), ElementsAre(10, 11, 12, 13, 14, 15));
  EXPECT_THAT(logits->rows(0), ElementsAre(-INFINITY, -3.0f, -0.5f, -7.75f, -INFINITY, 65535 * 0.25f - 8));
}

TEST_F(ReferenceFile, RefusesAnotherKindOfFileAndAnotherSize) {
  fill();
  bytes_[0] = '-';
  EXPECT_THAT(open().error().to_string(), HasSubstr("not a file of logits"));
  for (const int n_more : {-1, 1}) {
    fill();
    bytes_.resize(bytes_.size() + static_cast<size_t>(n_more));
    EXPECT_THAT(open().error().to_string(), HasSubstr("another size than its header says"));
  }
}

TEST_F(ReferenceFile, RefusesSizesOutOfRange) {
  for (const auto& [at, value] : {std::pair{8, 3}, {8, 1 << 21}, {12, 0}, {12, -1}, {16, 0}, {16, 1 << 30}}) {
    fill();
    std::memcpy(bytes_.data() + at, &value, sizeof value);
    EXPECT_THAT(open().error().to_string(), HasSubstr("sizes out of range")) << at << " " << value;
  }
}

}  // namespace
}  // namespace hanok
