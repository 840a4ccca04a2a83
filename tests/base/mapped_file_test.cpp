// Mapped files: the bytes of the file, also after pages were let go; what cannot be mapped is an error with its path.
#include "base/mapped_file.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hanok {
namespace {

class MappedFileTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(testing::TempDir()) / ("hanok_mapped_" + std::to_string(::getpid()));
  }
  void TearDown() override { std::filesystem::remove(path_); }
  void write(size_t n_bytes) const {
    std::ofstream file(path_, std::ios::binary);
    for (size_t i = 0; i < n_bytes; ++i) file.put(static_cast<char>(i * 31));
  }
  static void expect_bytes(const MappedFile& file, size_t n_bytes) {
    ASSERT_EQ(file.bytes().size(), n_bytes);
    for (size_t i = 0; i < n_bytes; ++i) ASSERT_EQ(file.bytes()[i], static_cast<std::byte>(i * 31));
  }
  std::filesystem::path path_;
};

TEST_F(MappedFileTest, HoldsTheFilesBytesAndMoves) {
  for (const size_t n_bytes : {size_t{0}, size_t{1}, size_t{4096}, size_t{100001}}) {
    write(n_bytes);
    auto file = MappedFile::open(path_);
    ASSERT_TRUE(file) << file.error().to_string();
    expect_bytes(*file, n_bytes);
    MappedFile moved = std::move(*file), assigned;
    EXPECT_EQ(file->bytes().size(), 0u);  // NOLINT: what a move leaves is promised to be empty
    assigned = std::move(moved);
    expect_bytes(assigned, n_bytes);
    EXPECT_EQ(assigned.path(), path_);
  }
}

// Pages of the range that are in this process's memory.
size_t resident_pages(const MappedFile& file) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  std::ifstream smaps("/proc/self/smaps");
  std::string line;
  bool inside = false;
  while (std::getline(smaps, line)) {
    if (line.find(file.path().filename().string()) != std::string::npos) inside = true;
    if (inside && line.starts_with("Rss:")) return std::stoul(line.substr(4)) * 1024 / page;
  }
  return 0;
}

TEST_F(MappedFileTest, ReleaseLetsWholePagesGoAndTheBytesComeBack) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  write(16 * page + 5);
  const auto file = MappedFile::open(path_);
  ASSERT_TRUE(file);
  expect_bytes(*file, 16 * page + 5);
  const size_t before = resident_pages(*file);
  ASSERT_EQ(before, 17u);
  file->release(page / 2, 4 * page);  // pages 1 to 3 lie in it as a whole
  EXPECT_EQ(resident_pages(*file), 14u);
  file->release(0, size_t{1} << 40);  // the end is the file's
  EXPECT_EQ(resident_pages(*file), 1u);
  file->release(size_t{1} << 40, 10);
  expect_bytes(*file, 16 * page + 5);
}

TEST_F(MappedFileTest, RefusesWhatIsNoFileAndNamesIt) {
  const auto missing = MappedFile::open(path_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(missing.error().where, testing::HasSubstr(path_.string()));
  const auto folder = MappedFile::open(testing::TempDir());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind, ErrorKind::kInvalidInput);
  const auto too_long = MappedFile::open(std::string(5000, 'x'));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().kind, ErrorKind::kIo);
}

// Opening a pipe for reading waits for its writer: a model's path may be one by mistake.
TEST_F(MappedFileTest, DoesNotWaitForAPipe) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto pipe = MappedFile::open(path_);
  ASSERT_FALSE(pipe);
  EXPECT_EQ(pipe.error().what, "not a regular file");
}

}  // namespace
}  // namespace hanok
