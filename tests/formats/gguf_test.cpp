// Hostile GGUF files: cut anywhere or with any bit flipped, a file is refused or stays readable to its last byte.
#include "formats/gguf.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

#include <gtest/gtest.h>

namespace hanok {
namespace {

class GgufHostile : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(std::string(HANOK_SOURCE_DIR) + "/fuzz/seeds/gguf_fuzz/small.gguf", std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(bytes_.empty());
    path_ = std::filesystem::temp_directory_path() / ("hanok_gguf_" + std::to_string(::getpid()) + ".gguf");
  }
  void TearDown() override { std::filesystem::remove(path_); }
  Result<GgufFile> open(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
    return GgufFile::open(path_);
  }
  std::string bytes_;
  std::filesystem::path path_;
};

TEST_F(GgufHostile, WholeFileOpens) {
  const auto file = open(bytes_);
  ASSERT_TRUE(file.has_value()) << file.error().to_string();
  EXPECT_FALSE(file->tensors().empty());
}

TEST_F(GgufHostile, CutInItsFirstHalfIsRefusedWithItsName) {
  for (size_t n = 0; n < bytes_.size() / 2; ++n) {
    const auto file = open(bytes_.substr(0, n));
    ASSERT_FALSE(file.has_value()) << n;
    EXPECT_NE(file.error().to_string().find(path_.filename().string()), std::string::npos);
  }
}

TEST_F(GgufHostile, FlippedBitsNeverReachOutside) {
  unsigned sum = 0;
  for (size_t at = 0; at < bytes_.size(); ++at) {
    std::string mutated = bytes_;
    mutated[at] = static_cast<char>(mutated[at] ^ (1 << (at % 8)));
    const auto file = open(mutated);
    if (!file) continue;
    for (const auto& tensor : file->tensors())
      if (tensor.view.n_bytes() > 0) sum += static_cast<unsigned>(tensor.view.data[tensor.view.n_bytes() - 1]);
  }
  SUCCEED() << sum;
}

}  // namespace
}  // namespace hanok
