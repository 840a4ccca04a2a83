#include "base/control_groups.h"

#include <fstream>
#include <string>

namespace hanok {
namespace {

namespace fs = std::filesystem;

void add_with_parents(const fs::path& mount, fs::path group, bool is_version2, std::vector<ControlGroup>& groups) {
  for (;; group = group.parent_path()) {
    groups.push_back({mount / group.relative_path(), is_version2});
    if (group.relative_path().empty()) return;
  }
}

}  // namespace

std::vector<ControlGroup> control_groups(std::string_view controller, const fs::path& root) {
  std::vector<ControlGroup> groups;
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // hierarchy:controllers:path
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",",
                      path = line.substr(second + 1);
    if (controllers == ",,") add_with_parents(root / "sys/fs/cgroup", path, true, groups);
    if (controllers.find("," + std::string(controller) + ",") != controllers.npos)
      add_with_parents(root / "sys/fs/cgroup" / controller, path, false, groups);
  }
  return groups;
}

}  // namespace hanok
