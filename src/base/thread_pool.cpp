#include "base/thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "base/check.h"
#include "base/processors.h"

namespace hanok {
namespace {

constexpr int kSpins = 2000;  // pauses before a thread sleeps: 20 to 100 microseconds
using Clock = std::chrono::steady_clock;
constexpr std::chrono::microseconds kTurn{1000};  // that a worker works before it offers its processor to others
constexpr std::chrono::microseconds kSlice{300};

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

// Of the calling thread; empty on a machine with more than a cpu_set_t holds.
cpu_set_t allowed_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) CPU_ZERO(&set);
  return set;
}

// The kernel's struct sched_attr in its first version (sched_setattr(2)), which the C library does not declare.
struct SchedulingAttributes {
  uint32_t size = sizeof(SchedulingAttributes), policy = 0;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime_ns = 0, deadline_ns = 0, period_ns = 0;
};

// Asks for turns of kSlice for the calling thread: who waits for a short turn gets it sooner, and no more of them.
// Before Linux 6.12 there is nothing to ask for, and everything stays as it was.
void ask_for_short_turns() {
  SchedulingAttributes attributes;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
  if (attributes.policy != SCHED_OTHER && attributes.policy != SCHED_BATCH) return;
  attributes.runtime_ns = std::chrono::nanoseconds(kSlice).count();
  static_cast<void>(syscall(SYS_sched_setattr, 0, &attributes, 0));
}

}  // namespace

ThreadPool::ThreadPool(int n_threads) {
  if (n_threads <= 0) n_threads = n_usable_processors();
  try {
    for (int i = 1; i < n_threads; ++i) workers_.emplace_back([this, i] { work(i); });
  } catch (const std::system_error&) {  // the user's or the machine's limit of threads
  }
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stop_.store(true);
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker.join();
}

// n_untaken_ falls below zero by a few at most: a thread asks again only after it has seen a chunk that is left.
bool ThreadPool::take_chunk(int thread_idx) noexcept {
  if (n_untaken_.load(std::memory_order_relaxed) <= 0) return false;
  const int64_t n_untaken = n_untaken_.fetch_sub(1, std::memory_order_acquire);
  if (n_untaken <= 0) return false;
  call_(context_, n_chunks_ - n_untaken, thread_idx);
  n_undone_.fetch_sub(1, std::memory_order_release);
  return true;
}

void ThreadPool::dispatch(int64_t n_chunks, Call call, void* context) {
  HANOK_CHECK(!running_.exchange(true), "one run() at a time and none from inside a task");
  if (const int processor = sched_getcpu(); processor != processor_) leave_to_caller(processor);
  n_chunks_ = n_chunks;
  call_ = call;
  context_ = context;
  n_undone_.store(n_chunks, std::memory_order_relaxed);
  n_untaken_.store(n_chunks);
  if (n_sleeping_.load() > 0) {
    { std::lock_guard lock(mutex_); }
    wake_.notify_all();
  }
  while (take_chunk(0)) continue;
  wait_for_others();
  running_.store(false, std::memory_order_release);
}

// Woken beside the caller, a worker would take turns with it on one processor while another is free. Where there are
// processors for all, the caller's is therefore not the workers'.
void ThreadPool::leave_to_caller(int processor) {
  processor_ = processor;
  cpu_set_t others = allowed_processors();
  if (processor < 0 || processor >= CPU_SETSIZE || CPU_COUNT(&others) == 0) return;
  if (CPU_COUNT(&others) >= n_threads()) CPU_CLR(processor, &others);
  for (std::thread& worker : workers_) pthread_setaffinity_np(worker.native_handle(), sizeof others, &others);
}

// A worker that lost its processor with a chunk in hand is the only one waited for.
void ThreadPool::wait_for_others() {
  for (int spins = 0; n_undone_.load(std::memory_order_acquire) > 0; ++spins) {
    if (spins < kSpins) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
}

void ThreadPool::wait_for_chunks() {
  for (int spins = 0; n_untaken_.load(std::memory_order_relaxed) <= 0; ++spins) {
    if (spins < kSpins) {
      pause();
      continue;
    }
    std::unique_lock lock(mutex_);
    n_sleeping_.fetch_add(1);
    wake_.wait(lock, [&] { return n_untaken_.load() > 0 || stop_.load(); });
    n_sleeping_.fetch_sub(1);
    return;
  }
}

// Between chunks a worker offers its processor to others about once a millisecond. Where nobody wants it, that costs
// nothing; where somebody does, the worker is away without a chunk that the rest would have to wait for.
void ThreadPool::work(int thread_idx) {
  ask_for_short_turns();
  auto turn = Clock::now();
  while (!stop_.load(std::memory_order_relaxed)) {
    wait_for_chunks();
    while (take_chunk(thread_idx)) {
      if (Clock::now() - turn < kTurn) continue;
      std::this_thread::yield();
      turn = Clock::now();
    }
  }
}

}  // namespace hanok
