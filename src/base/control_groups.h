// Where the limits of this process's control groups (containers, services) are written.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace hanok {

struct ControlGroup {
  std::filesystem::path folder;
  bool is_version2 = true;  // the unified hierarchy; else one of the controller's own
};

// The process's group and those above it, in every hierarchy where `controller` ("memory", "cpu") may set limits.
// `root` is where /proc and /sys lie.
std::vector<ControlGroup> control_groups(std::string_view controller, const std::filesystem::path& root);

}  // namespace hanok
