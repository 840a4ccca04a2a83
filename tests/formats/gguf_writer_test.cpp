// What the writer puts down the reader finds again; what is not finished is not there.
#include "formats/gguf_writer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hanok {
namespace {

namespace fs = std::filesystem;

class GgufWriting : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("hanok_gguf_writer_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    path_ = folder_ / "out.gguf";
  }
  void TearDown() override { fs::remove_all(folder_); }
  size_t n_files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  static std::vector<std::byte> bytes_of(const GgufTensorInfo& info) {
    std::vector<std::byte> bytes(info.n_bytes());
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 + info.name.size());
    return bytes;
  }

  const GgufMetadata metadata_ = {
      {"a.u8", {GgufType::kU8, uint64_t{200}}},
      {"b.i16", {GgufType::kI16, int64_t{-3}}},
      {"c.u64", {GgufType::kU64, uint64_t{1} << 60}},
      {"d.f32", gguf_f32(0.5f)},
      {"e.f64", {GgufType::kF64, 1e-300}},
      {"f.flag", gguf_bool(true)},
      {"g.text", gguf_string("한글과 \n줄")},
      {"h.texts", {GgufType::kString, std::vector<std::string>{"", "가", "b"}}},
      {"i.ints", {GgufType::kI32, std::vector<int64_t>{-1, 0, 7}}},
      {"j.floats", {GgufType::kF32, std::vector<double>{-1.5, 0.25}}},
      {"k.flags", {GgufType::kBool, std::vector<bool>{true, false, true}}},
      {"l.none", {GgufType::kString, std::vector<std::string>{}}},
  };
  const std::vector<GgufTensorInfo> tensors_ = {{"one", DType::kF32, shape_of({5})},
                                                {"two", DType::kQ4_K, shape_of({3, 512})},
                                                {"three", DType::kQ8_0, shape_of({2, 1, 32})},
                                                {"four", DType::kF16, shape_of({7, 3})}};
  fs::path folder_, path_;
};

TEST_F(GgufWriting, IsReadBackAsItWas) {
  {
    auto writer = GgufWriter::create(path_, metadata_, tensors_);
    ASSERT_TRUE(writer) << writer.error().to_string();
    for (const GgufTensorInfo& tensor : tensors_) {
      const std::vector<std::byte> bytes = bytes_of(tensor);
      const size_t half = bytes.size() / 2;  // pieces of any size
      ASSERT_TRUE(writer->write(std::span(bytes).first(half)));
      ASSERT_TRUE(writer->write(std::span(bytes).subspan(half)));
    }
    EXPECT_FALSE(fs::exists(path_));
    ASSERT_TRUE(writer->finish());
    EXPECT_EQ(fs::file_size(path_), writer->file_bytes());
  }
  EXPECT_EQ(n_files(), 1U);
  const auto file = GgufFile::open(path_);
  ASSERT_TRUE(file) << file.error().to_string();
  ASSERT_EQ(file->metadata().size(), metadata_.size());
  for (const auto& [key, value] : metadata_) {
    const GgufValue* got = file->find(key);
    ASSERT_NE(got, nullptr) << key;
    EXPECT_EQ(got->type, value.type) << key;
    EXPECT_EQ(got->value, value.value) << key;
  }
  ASSERT_EQ(file->tensors().size(), tensors_.size());
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const TensorView& view = file->tensors()[i].view;
    EXPECT_EQ(file->tensors()[i].name, tensors_[i].name);
    EXPECT_EQ(view.dtype, tensors_[i].dtype);
    EXPECT_EQ(view.shape, tensors_[i].shape);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(view.data) % GgufWriter::kAlignment, 0U);  // the map begins at a page
    EXPECT_EQ(std::memcmp(view.data, bytes_of(tensors_[i]).data(), view.n_bytes()), 0) << tensors_[i].name;
  }
}

TEST_F(GgufWriting, UnfinishedLeavesNothing) {
  {
    auto writer = GgufWriter::create(path_, metadata_, tensors_);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->write(bytes_of(tensors_[0])));
    EXPECT_EQ(n_files(), 1U);
  }
  EXPECT_EQ(n_files(), 0U);
}

TEST_F(GgufWriting, NamesAPlaceThatIsNotThere) {
  const auto writer = GgufWriter::create(folder_ / "none" / "out.gguf", metadata_, tensors_);
  ASSERT_FALSE(writer);
  EXPECT_THAT(writer.error().to_string(), testing::HasSubstr("none/out.gguf"));
}

// A limit on the file's size stands for a full disk: the system calls fail in the same way.
TEST_F(GgufWriting, FullDiskIsOneErrorAndLeavesNothing) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  for (const rlim_t limit : {0, 100, 1000, 1500}) {
    const rlimit small{limit, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    Status status;
    if (auto writer = GgufWriter::create(path_, metadata_, tensors_); !writer) {
      status = tl::unexpected(writer.error());
    } else {
      for (size_t i = 0; status && i < tensors_.size(); ++i) status = writer->write(bytes_of(tensors_[i]));
    }
    ::setrlimit(RLIMIT_FSIZE, &before);
    ASSERT_FALSE(status) << limit;
    EXPECT_EQ(status.error().kind, ErrorKind::kIo);
    EXPECT_THAT(status.error().to_string(),
                testing::AllOf(testing::HasSubstr("disk is full"), testing::HasSubstr("out.gguf")));
    EXPECT_EQ(n_files(), 0U);
  }
}

}  // namespace
}  // namespace hanok
