// A safetensors file is read as it is, or refused with the place that is wrong.
#include "formats/safetensors.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;

class Safetensors : public testing::Test {
 protected:
  Safetensors()
      : path_(std::filesystem::path(testing::TempDir()) / ("hanok_st_" + std::to_string(::getpid()) + ".safetensors")) {
  }
  ~Safetensors() override { std::filesystem::remove(path_); }

  // The file's bytes, with the number that says the header's length open to lies.
  static std::string file_of(const std::string& header, const std::string& data, uint64_t header_bytes) {
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &header_bytes, 8);
    return bytes + header + data;
  }
  static std::string file_of(const Json& header, const std::string& data) {
    const std::string text = header.dump();
    return file_of(text, data, text.size());
  }
  Result<SafetensorsFile> open(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
    return SafetensorsFile::open(path_);
  }
  std::string error(const std::string& bytes) const {
    const auto file = open(bytes);
    return file ? "" : file.error().to_string();
  }
  // A tensor of eight bytes under one changed member.
  std::string error_with(const char* key, Json value) const {
    Json entry = {{"dtype", "F32"}, {"shape", {2}}, {"data_offsets", {0, 8}}};
    entry[key] = std::move(value);
    return error(file_of(Json{{"t", entry}}, std::string(8, 'x')));
  }

  const Json two_ = {{"__metadata__", {{"format", "pt"}}},
                     {"a", {{"dtype", "F32"}, {"shape", {1, 2}}, {"data_offsets", {0, 8}}}},
                     {"b", {{"dtype", "BF16"}, {"shape", {3}}, {"data_offsets", {8, 14}}}}};
  const std::string data_ = "abcdefghijklmn";
  std::filesystem::path path_;
};

TEST_F(Safetensors, AreReadAsTheyAre) {
  const auto file = open(file_of(two_, data_));
  ASSERT_TRUE(file) << file.error().to_string();
  ASSERT_EQ(file->tensors.size(), 2U);
  EXPECT_EQ(file->tensors[0].name, "a");
  EXPECT_EQ(file->tensors[0].view.shape, shape_of({1, 2}));
  EXPECT_EQ(std::memcmp(file->tensors[0].view.data, "abcdefgh", 8), 0);
  EXPECT_EQ(file->tensors[1].view.dtype, DType::kBF16);
  EXPECT_EQ(std::memcmp(file->tensors[1].view.data, "ijklmn", 6), 0);
}

TEST_F(Safetensors, CutAnywhereAreRefusedWithTheirName) {
  const std::string bytes = file_of(two_, data_);
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_THAT(error(bytes.substr(0, n)), HasSubstr(path_.filename())) << n;
}

TEST_F(Safetensors, TooLongAreRefused) {
  EXPECT_THAT(error(file_of(two_, data_ + "!")), HasSubstr("bytes behind the last tensor"));
}

TEST_F(Safetensors, RefuseHeadersThatLie) {
  const std::string text = two_.dump();
  EXPECT_THAT(error(file_of(text, data_, text.size() + data_.size() + 1)), HasSubstr("header longer than the file"));
  EXPECT_THAT(error(file_of(text, data_, UINT64_MAX)), HasSubstr("header longer than the file"));
  EXPECT_THAT(error(file_of(text, data_, text.size() - 1)), HasSubstr("not a JSON object"));
  EXPECT_THAT(error(file_of("[1, 2]", "", 6)), HasSubstr("not a JSON object"));
}

TEST_F(Safetensors, RefuseOverlapsAndHoles) {
  Json overlap = two_, hole = two_;
  overlap["b"]["data_offsets"] = {6, 12};
  EXPECT_THAT(error(file_of(overlap, data_.substr(0, 12))), HasSubstr("tensors overlap"));
  hole["b"]["data_offsets"] = {9, 15};
  EXPECT_THAT(error(file_of(hole, data_ + "!")), HasSubstr("hole between tensors"));
}

TEST_F(Safetensors, RefuseEntriesThatAreNotTensors) {
  EXPECT_EQ(error_with("dtype", "F32"), "");
  EXPECT_THAT(error_with("dtype", "F8_E4M3"), AllOf(HasSubstr("unsupported tensor type"), HasSubstr("F8_E4M3")));
  EXPECT_THAT(error_with("dtype", 7), HasSubstr("wrong tensor entry"));
  EXPECT_THAT(error_with("shape", "2"), HasSubstr("wrong tensor entry"));
  EXPECT_THAT(error_with("shape", {3}), AllOf(HasSubstr("does not match its shape"), HasSubstr("12 bytes")));
  EXPECT_THAT(error_with("shape", {-2}), HasSubstr("out of range"));
  EXPECT_THAT(error_with("shape", {1.5}), HasSubstr("out of range"));
  EXPECT_THAT(error_with("shape", {1, 1, 1, 1, 2}), HasSubstr("too many dimensions"));
  EXPECT_THAT(error_with("shape", {uint64_t{1} << 40, uint64_t{1} << 40}), HasSubstr("out of range"));
  EXPECT_THAT(error_with("shape", {0, uint64_t{1} << 40, uint64_t{1} << 40}), HasSubstr("out of range"));
  EXPECT_THAT(error_with("data_offsets", {0}), HasSubstr("wrong data_offsets"));
  EXPECT_THAT(error_with("data_offsets", {-8, 0}), HasSubstr("wrong data_offsets"));
  EXPECT_THAT(error_with("data_offsets", {8, 0}), HasSubstr("beyond the end"));
  EXPECT_THAT(error_with("data_offsets", {0, UINT64_MAX}), HasSubstr("beyond the end"));
}

}  // namespace
}  // namespace hanok
