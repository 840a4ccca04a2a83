// A small thread pool: the caller works too, chunks are taken from a shared counter by whoever has a processor, idle
// workers spin briefly and sleep.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace hanok {

class ThreadPool {
 public:
  // n_threads >= 1, the caller of run() included; 0 means the number of processors this process may use. There are
  // fewer where the system starts no more.
  explicit ThreadPool(int n_threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int n_threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls task(chunk_idx, thread_idx) once for each chunk in [0, n_chunks), on any thread, and returns when all are
  // done. Which thread runs a chunk varies; results must not depend on it. One run() at a time and none from inside a
  // task; a task that throws ends the program.
  template <class Task>
  void run(int64_t n_chunks, Task&& task) {
    if (n_chunks <= 0) return;
    if (n_chunks == 1 || workers_.empty()) {
      for (int64_t i = 0; i < n_chunks; ++i) task(i, 0);
      return;
    }
    using Fn = std::remove_reference_t<Task>;
    dispatch(
        n_chunks,
        [](void* context, int64_t chunk_idx, int thread_idx) { (*static_cast<Fn*>(context))(chunk_idx, thread_idx); },
        const_cast<void*>(static_cast<const void*>(&task)));
  }

 private:
  using Call = void (*)(void* context, int64_t chunk_idx, int thread_idx);
  void dispatch(int64_t n_chunks, Call call, void* context);
  void work(int thread_idx);
  bool take_chunk(int thread_idx) noexcept;
  void wait_for_chunks();
  void wait_for_others();
  void leave_to_caller(int processor);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int> n_sleeping_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> running_{false};
  int processor_ = -1;  // that the caller was last seen on

  // The run. Only who has taken a chunk reads the rest: until that chunk is done, the run goes on.
  std::atomic<int64_t> n_untaken_{0};
  std::atomic<int64_t> n_undone_{0};
  int64_t n_chunks_ = 0;
  Call call_ = nullptr;
  void* context_ = nullptr;
};

}  // namespace hanok
