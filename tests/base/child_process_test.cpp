// Child processes: what they are given, what they are kept from, how they end.
#include <cstdlib>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/child_process.h"

namespace hanok {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr uint64_t kMany = 1 << 20;

ChildCommand shell(const std::string& script) {
  ChildCommand command;
  command.arguments = {find_program("sh"), "-c", script};
  return command;
}

Result<ChildOutput> run(ChildCommand command, ChildRun how = {30s, kMany}) {
  return run_child(std::move(command), how);
}

TEST(ChildProcess, BothOutputsAndTheStatusComeBack) {
  const auto output = run(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(output) << output.error().to_string();
  EXPECT_EQ(output->out, "out\n");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(output->exit_status, 3);
}

TEST(ChildProcess, MuchOutputOnBothSidesDoesNotBlock) {
  const auto output =
      run(shell("i=0; while [ $i -lt 2000 ]; do printf '%0100d' $i; printf '%0100d' $i >&2; i=$((i+1)); done"));
  ASSERT_TRUE(output) << output.error().to_string();
  EXPECT_EQ(output->out.size(), 200'000u);
  EXPECT_EQ(output->err.size(), 4096u) << "the last words alone are kept";
  EXPECT_TRUE(output->err.ends_with("1999"));
}

TEST(ChildProcess, ReadsItsFileUnderANameThatSaysNothing) {
  const auto file = nameless_file("비밀");
  ASSERT_TRUE(file);
  ChildCommand command = shell(std::string("cat ") + kChildFile + " " + kChildFile);
  command.file = file->get();
  EXPECT_EQ(run(std::move(command))->out, "비밀비밀") << "each opening begins at the beginning";
}

TEST(ChildProcess, SeesNoOtherFileOfOurs) {
  const auto file = nameless_file("x");
  const int leaked = ::dup(file->get());  // without close-on-exec
  EXPECT_EQ(run(shell("ls /proc/self/fd"))->out, run(shell("ls /proc/self/fd"))->out);
  EXPECT_THAT(run(shell("readlink /proc/$$/fd/*"))->out, ::testing::Not(HasSubstr("memfd")));
  ::close(leaked);
}

TEST(ChildProcess, EnvironmentIsOursWithChanges) {
  ::setenv("HANOK_TEST_A", "1", 1);
  ChildCommand command = shell("echo $HANOK_TEST_A $HANOK_TEST_B");
  EXPECT_EQ(run(command)->out, "1\n");
  command.environment = {{"HANOK_TEST_A", "2"}, {"HANOK_TEST_B", "3"}};
  EXPECT_EQ(run(std::move(command))->out, "2 3\n");
  ::unsetenv("HANOK_TEST_A");
}

TEST(ChildProcess, TooMuchOutputEndsIt) {
  const auto output = run(shell("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().kind, ErrorKind::kLimit);
}

TEST(ChildProcess, TooMuchTimeEndsItWithItsChildren) {
  const auto output = run(shell("sleep 1000 & sleep 1000"), {100ms, kMany});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().kind, ErrorKind::kLimit);
}

TEST(ChildProcess, LimitsOfTheSystemHold) {
  ChildCommand command = shell("ulimit -v; ulimit -t; ulimit -f; ulimit -c");
  command.limits = {.memory_bytes = 512 << 20, .processor_seconds = 7, .file_bytes = 512 << 10};
  EXPECT_EQ(run(command)->out, "524288\n7\n1024\n0\n");
  command = shell("while :; do :; done");
  command.limits.processor_seconds = 1;
  const auto busy = run(std::move(command));
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().kind, ErrorKind::kLimit);
}

TEST(ChildProcess, CancelEndsIt) {
  std::atomic<bool> cancel = true;
  const auto output = run(shell("sleep 1000"), {30s, kMany, &cancel});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().kind, ErrorKind::kInterrupted);
}

TEST(ChildProcess, ASignalOrAMissingProgramIsAnError) {
  const auto killed = run(shell("kill -9 $$"));
  ASSERT_FALSE(killed);
  EXPECT_THAT(killed.error().to_string(), HasSubstr("signal 9"));
  ChildCommand none;
  none.arguments = {"/no/such/program"};
  const auto missing = run(std::move(none));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kIo);
  EXPECT_EQ(find_program("no-such-program-anywhere"), "");
}

}  // namespace
}  // namespace hanok
