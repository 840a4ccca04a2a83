#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <system_error>

#include "base/check.h"

namespace hanok {
namespace {

constexpr int kSpins = 2000;  // about 20 to 50 microseconds of pauses before a thread sleeps

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

int available_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

ThreadPool::ThreadPool(int n_threads) {
  if (n_threads <= 0) n_threads = available_processors();
  try {
    for (int i = 1; i < n_threads; ++i) workers_.emplace_back([this, i] { work(i); });
  } catch (const std::system_error&) {  // the user's or the machine's limit of threads
  }
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stop_.store(true);
    generation_.fetch_add(1);
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void ThreadPool::take_chunks(int thread_idx) noexcept {
  for (int64_t chunk = next_chunk_.fetch_add(1); chunk < n_chunks_; chunk = next_chunk_.fetch_add(1))
    call_(context_, chunk, thread_idx);
}

void ThreadPool::dispatch(int64_t n_chunks, Call call, void* context) {
  HANOK_CHECK(!running_.exchange(true), "one run() at a time and none from inside a task");
  n_chunks_ = n_chunks;
  call_ = call;
  context_ = context;
  next_chunk_.store(0);
  n_busy_.store(static_cast<int>(workers_.size()));
  generation_.fetch_add(1);
  if (n_sleeping_.load() > 0) {
    { std::lock_guard lock(mutex_); }
    wake_.notify_all();
  }
  take_chunks(0);
  for (int spins = 0; n_busy_.load(std::memory_order_acquire) > 0; ++spins) {
    if (spins < kSpins) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
  running_.store(false, std::memory_order_release);
}

void ThreadPool::work(int thread_idx) {
  uint32_t seen = 0;
  for (;;) {
    int spins = 0;
    while (generation_.load(std::memory_order_acquire) == seen) {
      if (++spins < kSpins) {
        pause();
        continue;
      }
      std::unique_lock lock(mutex_);
      n_sleeping_.fetch_add(1);
      wake_.wait(lock, [&] { return generation_.load() != seen; });
      n_sleeping_.fetch_sub(1);
    }
    ++seen;
    if (stop_.load()) return;
    take_chunks(thread_idx);
    n_busy_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace hanok
