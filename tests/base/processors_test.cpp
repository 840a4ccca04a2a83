// Threads are as many as the processors that a process may use: the system's, its mask's, and its control groups'.
#include "base/processors.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace hanok {
namespace {

namespace fs = std::filesystem;

class UsableProcessors : public testing::Test {
 protected:
  UsableProcessors() { fs::create_directories(root_); }
  ~UsableProcessors() override {
    EXPECT_EQ(sched_setaffinity(0, sizeof before_, &before_), 0);
    fs::remove_all(root_);
  }
  void put(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  static cpu_set_t mask() {
    cpu_set_t set;
    EXPECT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
    return set;
  }

  const cpu_set_t before_ = mask();
  const int n_ = CPU_COUNT(&before_);
  fs::path root_ = fs::path(testing::TempDir()) / ("hanok_processors_" + std::to_string(::getpid()));
};

TEST_F(UsableProcessors, AreThoseOfTheMaskWithoutLimits) {
  EXPECT_EQ(n_usable_processors(root_), n_);
  put("proc/self/cgroup", "0::/a\n");
  put("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  EXPECT_EQ(n_usable_processors(root_), n_);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i)
    if (CPU_ISSET(i, &before_)) CPU_SET(i, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(n_usable_processors(root_), 1);
}

TEST_F(UsableProcessors, AreRoundedUpFromWhatAGroupMayTake) {
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/cpu.max", "1000000000 100000\n");
  EXPECT_EQ(n_usable_processors(root_), n_);
  put("sys/fs/cgroup/a/cpu.max", "20000 100000\n");
  EXPECT_EQ(n_usable_processors(root_), 1);
  put("sys/fs/cgroup/a/cpu.max", "110000 100000\n");
  EXPECT_EQ(n_usable_processors(root_), std::min(n_, 2));
}

TEST_F(UsableProcessors, ReadTheOlderGroupsToo) {
  put("proc/self/cgroup", "4:cpu,cpuacct:/x\n9:memory:/a\n0::/\n");
  put("sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
  put("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(n_usable_processors(root_), n_);
  put("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "50000\n");
  EXPECT_EQ(n_usable_processors(root_), 1);
}

}  // namespace
}  // namespace hanok
