// The pip client as a child process: it downloads one wheel with its own configuration; nothing is installed or built.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace hanok {

// The command that starts pip: $HANOK_PIP, pip3 or pip on the PATH, or python3 -m pip. Error: kNotFound.
Result<std::vector<std::string>> find_pip();

struct PipRequest {
  std::string package;            // "name==version"
  std::filesystem::path into;     // an existing folder that takes the wheel
  std::filesystem::path scratch;  // an existing folder for pip's own temporary files
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(uint64_t)> on_bytes;  // bytes seen so far, about every quarter second
};

// Runs "pip download --no-deps --only-binary=:all:". Returns the wheel's path.
// Errors: kNotFound and kNetwork with pip's last words or how it ended, kInterrupted (pip is stopped with its
// children), kIo.
Result<std::filesystem::path> pip_download(const std::vector<std::string>& pip, const PipRequest& request);

// Where pip's words go: beside the folder that takes the wheel.
std::filesystem::path pip_log_path(const std::filesystem::path& into);

}  // namespace hanok
