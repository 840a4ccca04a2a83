#include "base/processors.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <thread>

#include "base/control_groups.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;

// Processors' worth of time that a group may take; nothing without a limit.
std::optional<double> quota_of(const ControlGroup& group) {
  double quota = 0, period = 0;  // microseconds of work in so many
  if (group.is_version2) {
    if (!(std::ifstream(group.folder / "cpu.max") >> quota >> period)) return {};  // "max 100000"
  } else if (!(std::ifstream(group.folder / "cpu.cfs_quota_us") >> quota) ||
             !(std::ifstream(group.folder / "cpu.cfs_period_us") >> period)) {
    return {};
  }
  return quota > 0 && period > 0 ? std::optional(quota / period) : std::nullopt;  // -1: no limit
}

}  // namespace

int n_usable_processors(const fs::path& root) {
  cpu_set_t set;  // too small for some machines: then nothing is known of what is allowed
  int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                      : static_cast<int>(std::thread::hardware_concurrency());
  for (const ControlGroup& group : control_groups("cpu", root))
    if (const auto quota = quota_of(group)) n = static_cast<int>(std::min<double>(n, std::ceil(*quota)));
  return std::max(1, n);
}

}  // namespace hanok
