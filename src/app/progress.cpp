#include "app/progress.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <unistd.h>

#include "app/report.h"
#include "app/terminal.h"
#include "base/disk.h"

namespace hanok {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);  // on a terminal
constexpr auto kNewLine = std::chrono::seconds(10);       // elsewhere, unless ten per cent were done before
constexpr auto kWindow = std::chrono::seconds(8);         // that the rate is taken over

// What is left out where the terminal is narrow: first of the bar, then the rate.
struct Form {
  size_t n_bar_columns;
  bool with_rate;
};
constexpr Form kForms[] = {{24, true}, {12, true}, {12, false}, {6, false}, {0, false}};

std::string bar(double share, size_t n_columns) {
  const auto n_full = static_cast<size_t>(share * static_cast<double>(n_columns));
  std::string out;
  for (size_t i = 0; i < n_columns; ++i) out += i < n_full ? "█" : "░";
  return out;
}

}  // namespace

std::string clock_text(double seconds) {
  const auto s = static_cast<int64_t>(std::clamp(std::round(seconds), 0.0, 1e9));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

double Progress::per_second() const {
  if (samples_.size() < 2) return 0;
  const std::chrono::duration<double> span = samples_.back().at - samples_.front().at;
  return span.count() < 0.2 ? 0 : static_cast<double>(samples_.back().done - samples_.front().done) / span.count();
}

// "45 %  512 MB / 1.12 GB  34 MB/s  0:18 left".
std::string Progress::numbers(uint64_t done, uint64_t total, bool with_rate) const {
  std::string out;
  if (total > 0) out += fmt::format("{:3} %  ", done * 100 / total);
  out += unit_ == Unit::kBytes ? human_bytes(done) : fmt::format("{}", done);
  if (total > 0) out += " / " + (unit_ == Unit::kBytes ? human_bytes(total) : fmt::format("{}", total));
  const double rate = per_second();
  if (rate <= 0) return out;
  if (unit_ == Unit::kBytes && with_rate) out += fmt::format("  {}/s", human_bytes(static_cast<uint64_t>(rate)));
  if (total > done) {
    out += fmt::format(fmt::runtime(in_language("  {} 남음", "  {} left")),
                       clock_text(static_cast<double>(total - done) / rate));
  }
  return out;
}

// In the longest form that the terminal has room for.
std::string Progress::line(std::string_view label, uint64_t done, uint64_t total, std::string_view detail) const {
  std::string out;
  for (const Form& form : kForms) {
    out = fmt::format("{}  ", label);
    if (total > 0 && form.n_bar_columns > 0)
      out += bar(static_cast<double>(done) / static_cast<double>(total), form.n_bar_columns) + " ";
    out += numbers(done, total, form.with_rate);
    if (!detail.empty()) out += "  " + printable(detail);
    if (display_width(out) < terminal_columns(STDERR_FILENO)) break;
  }
  return out;
}

void Progress::show(std::string_view label, uint64_t done, uint64_t total, std::string_view detail,
                    std::string_view name) {
  const auto now = Clock::now();
  done = total > 0 ? std::min(done, total) : done;
  if (!samples_.empty() && done < samples_.back().done) samples_.clear();  // began again
  samples_.push_back({now, done});
  while (samples_.size() > 2 && now - samples_.front().at > kWindow) samples_.pop_front();

  const bool terminal = stderr_is_terminal(), complete = total > 0 && done == total;
  const uint64_t percent = total > 0 ? done * 100 / total : 0;
  const bool due =
      terminal ? now - shown_at_ >= kRedraw : now - shown_at_ >= kNewLine || percent >= shown_percent_ + 10;
  if (!due && !(complete && shown_percent_ < 100)) return;
  shown_at_ = now;
  shown_percent_ = percent;
  if (!terminal) {
    std::string line = fmt::format("{}: {}", label, numbers(done, total, true));
    for (const std::string_view more : {detail, name})
      if (!more.empty()) line += "  " + printable(more);
    fmt::print(stderr, "{}\n", line);
    return;
  }
  std::string line = this->line(label, done, total, detail);
  if (!name.empty()) line += "  " + printable(name);
  fmt::print(stderr, "\r{}\x1b[K", display_prefix(line, terminal_columns(STDERR_FILENO) - 1));
  std::fflush(stderr);
  is_open_ = true;
}

void Progress::erase() {
  if (is_open_) fmt::print(stderr, "\r\x1b[K");
  is_open_ = false;
  finish();
}

void Progress::finish() {
  if (is_open_) fmt::print(stderr, "\n");
  is_open_ = false;
  samples_.clear();
  shown_at_ = {};
  shown_percent_ = 0;
}

}  // namespace hanok
