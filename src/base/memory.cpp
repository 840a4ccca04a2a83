#include "base/memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include "base/control_groups.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;

// The number after `key` in a file of lines "key number", or the file's only number without a key.
std::optional<uint64_t> number_in(const fs::path& path, const std::string& key = {}) {
  std::ifstream file(path);
  std::string word;
  uint64_t number = 0;
  if (key.empty()) return file >> number ? std::optional(number) : std::nullopt;  // "max": no limit
  while (file >> word >> number) {
    if (word == key) return number;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

struct Names {
  const char *limit, *used, *reclaimable;
};
constexpr Names kVersion1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
constexpr Names kVersion2{"memory.max", "memory.current", "inactive_file"};

// What the limits of the process's groups leave.
uint64_t room_in_groups(const fs::path& root) {
  uint64_t room = std::numeric_limits<uint64_t>::max();
  for (const ControlGroup& group : control_groups("memory", root)) {
    const Names& names = group.is_version2 ? kVersion2 : kVersion1;
    const auto limit = number_in(group.folder / names.limit), used = number_in(group.folder / names.used);
    if (!limit || !used) continue;
    const uint64_t idle = number_in(group.folder / "memory.stat", names.reclaimable).value_or(0);
    room = std::min(room, *limit - std::min(*limit, *used - std::min(*used, idle)));
  }
  return room;
}

// What the process's limit of addresses leaves.
uint64_t room_for_addresses(const fs::path& root) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::numeric_limits<uint64_t>::max();
  const uint64_t used = number_in(root / "proc/self/statm").value_or(0) * static_cast<uint64_t>(::getpagesize());
  return limit.rlim_cur - std::min<uint64_t>(limit.rlim_cur, used);
}

}  // namespace

std::optional<uint64_t> available_memory(const fs::path& root) {
  const auto system = number_in(root / "proc/meminfo", "MemAvailable:");
  const uint64_t room = std::min(room_in_groups(root), room_for_addresses(root));
  if (system) return std::min(*system * 1024, room);
  return room == std::numeric_limits<uint64_t>::max() ? std::nullopt : std::optional(room);
}

}  // namespace hanok
