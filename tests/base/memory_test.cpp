// Memory is the least of what the system has and what the control groups above the process and its limit leave.
#include "base/memory.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace hanok {
namespace {

namespace fs = std::filesystem;

class AvailableMemory : public testing::Test {
 protected:
  AvailableMemory() {
    put("proc/meminfo", "MemTotal:  9000 kB\nMemFree: 10 kB\nMemAvailable:   8000 kB\nBuffers: 1 kB\n");
  }
  ~AvailableMemory() override { fs::remove_all(root_); }
  void put(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_ = fs::path(testing::TempDir()) / ("hanok_memory_" + std::to_string(::getpid()));
};

TEST_F(AvailableMemory, IsTheSystemsWithoutLimits) {
  EXPECT_EQ(available_memory(root_), 8000u * 1024);
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/memory.max", "max\n");
  put("sys/fs/cgroup/a/b/memory.current", "5\n");
  EXPECT_EQ(available_memory(root_), 8000u * 1024);
}

TEST_F(AvailableMemory, IsWhatAGroupAboveLeaves) {
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/memory.max", "max\n");
  put("sys/fs/cgroup/a/memory.max", "1000000\n");
  put("sys/fs/cgroup/a/memory.current", "700000\n");
  put("sys/fs/cgroup/a/memory.stat", "anon 1\nfile 2\ninactive_file 200000\nactive_file 3\n");
  EXPECT_EQ(available_memory(root_), 500000u);
}

TEST_F(AvailableMemory, ReadsTheOlderGroupsToo) {
  put("proc/self/cgroup", "4:cpu,cpuacct:/x\n9:memory:/a\n0::/\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  put("sys/fs/cgroup/memory/memory.usage_in_bytes", "100\n");
  put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "300000\n");
  put("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "400000\n");
  EXPECT_EQ(available_memory(root_), 0u);
}

// In a child, whose limit goes with it; a limit so high that it is in nobody's way.
TEST_F(AvailableMemory, IsWhatTheLimitOfAddressesLeaves) {
  constexpr uint64_t kLimit = uint64_t{1} << 60;
  const auto page = static_cast<uint64_t>(::getpagesize());
  put("proc/self/statm", std::to_string(kLimit / page - 5) + " 5 3\n");
  const auto with_limit = [&] {
    const rlimit limit{kLimit, RLIM_INFINITY};
    const bool is_set = ::setrlimit(RLIMIT_AS, &limit) == 0;
    ::_exit(is_set && available_memory(root_) == 5 * page ? 0 : 1);
  };
  EXPECT_EXIT(with_limit(), testing::ExitedWithCode(0), "");
}

TEST_F(AvailableMemory, OfThisMachineIsKnown) {
  EXPECT_GT(available_memory(), 1u << 20);
}

}  // namespace
}  // namespace hanok
