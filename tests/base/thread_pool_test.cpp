// The thread pool: every chunk once, whatever the threads; idle threads sleep; wrong use ends the program.
#include "base/thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "base/processors.h"

namespace hanok {
namespace {

void pause_for_a_moment() {
  constexpr timespec kMoment{0, 1'000'000};
  nanosleep(&kMoment, nullptr);
}

TEST(ThreadPool, RunsEveryChunkOnceOnAThreadOfItsOwn) {
  for (const int n_threads : {1, 2, 3, 8}) {
    ThreadPool pool(n_threads);
    ASSERT_EQ(pool.n_threads(), n_threads);
    for (const int64_t n_chunks : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> n_calls(static_cast<size_t>(n_chunks));
      std::atomic<bool> bad_thread{false};
      pool.run(n_chunks, [&](int64_t chunk, int thread_idx) {
        n_calls[static_cast<size_t>(chunk)].fetch_add(1);
        if (thread_idx < 0 || thread_idx >= n_threads) bad_thread = true;
      });
      for (const auto& n : n_calls) ASSERT_EQ(n.load(), 1);
      EXPECT_FALSE(bad_thread);
    }
  }
}

// Plain memory, written by tasks and read after run(): a missing fence is a race that the thread sanitizer sees, and a
// worker that came late would write into the next round.
TEST(ThreadPool, WhatTasksWroteIsThereWhenRunReturns) {
  ThreadPool pool(4);
  std::vector<int64_t> values(64);
  int64_t expected = 0;
  for (int64_t round = 0; round < 3000; ++round) {
    const int64_t n_chunks = 2 + round % 63;
    pool.run(n_chunks, [&, round](int64_t chunk, int) { values[static_cast<size_t>(chunk)] += round; });
    expected += round * n_chunks;
  }
  EXPECT_EQ(std::accumulate(values.begin(), values.end(), int64_t{0}), expected);
}

TEST(ThreadPool, TwoThreadsNeverShareAnIndexWithinARun) {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> inside(4);
  std::atomic<bool> shared{false};
  pool.run(2000, [&](int64_t, int thread_idx) {
    auto& mine = inside[static_cast<size_t>(thread_idx)];
    if (mine.fetch_add(1) != 0) shared = true;
    mine.fetch_sub(1);
  });
  EXPECT_FALSE(shared);
}

TEST(ThreadPool, WakesThreadsThatSleep) {
  ThreadPool pool(3);
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // far longer than a worker spins
    std::atomic<int64_t> sum{0};
    pool.run(100, [&](int64_t chunk, int) { sum += chunk; });
    ASSERT_EQ(sum.load(), 4950);
  }
}

// Calls fn on the worker of a pool of two.
template <class Fn>
void on_the_worker(ThreadPool& pool, Fn&& fn) {
  for (std::atomic<bool> is_done{false}; !is_done;) {
    pool.run(2, [&](int64_t, int thread_idx) {
      if (thread_idx == 0) return pause_for_a_moment();
      if (!is_done.exchange(true)) fn();
    });
  }
}

std::atomic<bool> is_held{false}, is_released{false};

void hold_thread(int) {
  is_held = true;
  while (!is_released) pause_for_a_moment();
}

// A worker that is away, as if another process had its processor, and holds no chunk is not waited for.
TEST(ThreadPool, DoesNotWaitForAWorkerWithoutAChunk) {
  struct sigaction action = {}, before;
  action.sa_handler = hold_thread;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  is_held = is_released = false;

  ThreadPool pool(2);
  pthread_t worker{};
  on_the_worker(pool, [&] { worker = pthread_self(); });
  ASSERT_EQ(pthread_kill(worker, SIGUSR1), 0);
  while (!is_held) pause_for_a_moment();

  std::atomic<int> n_calls{0};
  std::thread watchdog([&] {  // a run that waits is let go after a while, and has not passed
    for (int i = 0; i < 20000 && !is_released; ++i) pause_for_a_moment();
    is_released = true;
  });
  pool.run(100, [&](int64_t, int thread_idx) { n_calls += thread_idx == 0; });
  EXPECT_FALSE(is_released.exchange(true)) << "run() waited for the worker";
  EXPECT_EQ(n_calls, 100);
  watchdog.join();
  pool.run(100, [&](int64_t, int) { ++n_calls; });  // and the worker is back
  EXPECT_EQ(n_calls, 200);
  sigaction(SIGUSR1, &before, nullptr);
}

cpu_set_t processors_of_this_thread() {
  cpu_set_t set;
  CPU_ZERO(&set);
  EXPECT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  return set;
}

TEST(ThreadPool, TheWorkersLeaveTheProcessorOfTheCaller) {
  const cpu_set_t allowed = processors_of_this_thread();
  if (CPU_COUNT(&allowed) < 2) GTEST_SKIP() << "needs two processors";
  ThreadPool pool(2);
  cpu_set_t workers;
  on_the_worker(pool, [&] { workers = processors_of_this_thread(); });
  EXPECT_EQ(CPU_COUNT(&workers), CPU_COUNT(&allowed) - 1);
  const cpu_set_t callers = processors_of_this_thread();
  EXPECT_TRUE(CPU_EQUAL(&callers, &allowed));
}

TEST(ThreadPool, WorkersShareTheOnlyProcessorThereIs) {
  std::thread([] {
    const cpu_set_t allowed = processors_of_this_thread();
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i)
      if (CPU_ISSET(i, &allowed)) CPU_SET(i, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    ThreadPool pool(2);
    cpu_set_t workers;
    on_the_worker(pool, [&] { workers = processors_of_this_thread(); });
    EXPECT_TRUE(CPU_EQUAL(&workers, &one));
  }).join();
}

TEST(ThreadPool, WorkersKeepThePriorityOfTheirMaker) {
  std::thread([] {
    ASSERT_EQ(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 7), 0);
    ThreadPool pool(2);
    int nice = 0;
    on_the_worker(pool, [&] { nice = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); });
    EXPECT_EQ(nice, 7);
  }).join();
}

double process_cpu_s() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

TEST(ThreadPool, IdleThreadsTakeNoProcessorTime) {
  ThreadPool pool(4);
  pool.run(100, [](int64_t, int) {});
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // by now all sleep
  const double before_s = process_cpu_s();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  // Three spinning workers would take up to 1.5 s of it; those that sleep take none, however busy the machine is.
  EXPECT_LT(process_cpu_s() - before_s, 0.05);
}

TEST(ThreadPool, PoolsDoNotDisturbEachOther) {
  std::vector<std::thread> callers;
  std::atomic<int64_t> total{0};
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&total] {
      ThreadPool pool(3);
      for (int round = 0; round < 200; ++round) pool.run(10, [&](int64_t chunk, int) { total += chunk; });
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(total.load(), 4 * 200 * 45);
}

TEST(ThreadPool, ATaskMayUseAnotherPool) {
  ThreadPool outer(2);
  std::vector<int64_t> sums(4);
  outer.run(4, [&](int64_t chunk, int) {
    ThreadPool inner(2);
    std::atomic<int64_t> sum{0};
    inner.run(10, [&](int64_t i, int) { sum += i * chunk; });
    sums[static_cast<size_t>(chunk)] = sum;
  });
  EXPECT_EQ(sums, (std::vector<int64_t>{0, 45, 90, 135}));
}

TEST(ThreadPool, ManyAreMadeAndDestroyed) {
  for (int i = 0; i < 300; ++i) {
    ThreadPool pool(3);
    if (i % 2 == 0) pool.run(5, [](int64_t, int) {});
  }
}

// Which are fewer than its mask's where a control group limits it.
TEST(ThreadPool, TakesTheProcessorsOfThisProcessByDefault) {
  const cpu_set_t allowed = processors_of_this_thread();
  EXPECT_EQ(ThreadPool().n_threads(), n_usable_processors());
  EXPECT_LE(n_usable_processors(), CPU_COUNT(&allowed));
}

using ThreadPoolDeathTest = testing::Test;

TEST(ThreadPoolDeathTest, RefusesToBeUsedFromInsideATask) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        ThreadPool pool(2);
        pool.run(4, [&](int64_t, int) { pool.run(4, [](int64_t, int) {}); });
      },
      "none from inside a task");
}

TEST(ThreadPoolDeathTest, ATaskThatThrowsEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        ThreadPool pool(2);
        pool.run(4, [](int64_t, int) { throw 1; });
      },
      "terminate");
}

}  // namespace
}  // namespace hanok
