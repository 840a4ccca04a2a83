#include "base/memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

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

// What the limits of a group and of those above it leave.
uint64_t room_in(const fs::path& mount, fs::path group, const Names& names) {
  uint64_t room = std::numeric_limits<uint64_t>::max();
  for (;; group = group.parent_path()) {
    const fs::path folder = mount / group.relative_path();
    const auto limit = number_in(folder / names.limit), used = number_in(folder / names.used);
    if (limit && used) {
      const uint64_t held = *used - std::min(*used, number_in(folder / "memory.stat", names.reclaimable).value_or(0));
      room = std::min(room, *limit - std::min(*limit, held));
    }
    if (group.relative_path().empty()) return room;
  }
}

uint64_t room_in_groups(const fs::path& root) {
  uint64_t room = std::numeric_limits<uint64_t>::max();
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // hierarchy:controllers:path
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",",
                      path = line.substr(second + 1);
    if (controllers == ",,") room = std::min(room, room_in(root / "sys/fs/cgroup", path, kVersion2));
    if (controllers.find(",memory,") != controllers.npos)
      room = std::min(room, room_in(root / "sys/fs/cgroup/memory", path, kVersion1));
  }
  return room;
}

}  // namespace

std::optional<uint64_t> available_memory(const fs::path& root) {
  const auto system = number_in(root / "proc/meminfo", "MemAvailable:");
  const uint64_t room = room_in_groups(root);
  if (system) return std::min(*system * 1024, room);
  return room == std::numeric_limits<uint64_t>::max() ? std::nullopt : std::optional(room);
}

}  // namespace hanok
