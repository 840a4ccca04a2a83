// How far a long piece of work is, on standard error: one line drawn again on a terminal, a line now and then
// elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace hanok {

class Progress {
 public:
  enum class Unit { kBytes, kSteps };
  explicit Progress(Unit unit) : unit_(unit) {}
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `detail` follows the numbers: the file being fetched, the score so far; `name` stands last and is cut off where the
  // terminal ends. total 0: not known.
  void show(std::string_view label, uint64_t done, uint64_t total, std::string_view detail = {},
            std::string_view name = {});
  // Leaves the terminal on a fresh line; later calls of show() begin anew.
  void finish();
  // The same, but nothing of what was drawn stays on the terminal.
  void erase();

 private:
  using Clock = std::chrono::steady_clock;
  struct Sample {
    Clock::time_point at;
    uint64_t done;
  };
  double per_second() const;
  std::string numbers(uint64_t done, uint64_t total, bool with_rate) const;
  std::string line(std::string_view label, uint64_t done, uint64_t total, std::string_view detail) const;

  Unit unit_;
  std::deque<Sample> samples_;  // of the last seconds, oldest first
  Clock::time_point shown_at_{};
  uint64_t shown_percent_ = 0;
  bool is_open_ = false;  // the terminal's cursor stands in a drawn line
};

// "0:07", "12:30", "1:02:03".
std::string clock_text(double seconds);

}  // namespace hanok
