// The files below a folder that an index may take.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace hanok {

struct FoundFile {
  std::string path;  // absolute
  uint64_t n_bytes = 0;
  int64_t mtime_ns = 0;
};

struct SkippedFile {
  std::string path;
  Error reason;
  bool is_stale = false;  // the index keeps an older text of it, or of what lies below it
};

struct WalkedFiles {
  std::vector<FoundFile> files;  // by path
  std::vector<SkippedFile> skipped;
};

// `path` is absolute: a file, or a folder with all below it. Hidden files and folders (".git") below it are passed
// over, and so are links: what they lead to is taken where it lies, and what lies outside the folder is told as
// skipped. going_on is asked now and then. Errors: kNotFound, kIo for the path itself; kInterrupted.
Result<WalkedFiles> walk_files(const std::filesystem::path& path, const std::function<bool()>& going_on);

// Absolute, links followed. Error: kNotFound where there is nothing, kIo.
Result<std::filesystem::path> real_path(const std::string& path);

// Whether a path is the folder or lies below it.
bool is_at_or_below(const std::string& path, const std::string& folder);

// Whether any change after that time shows in the file's time: file systems tell no shorter times than so.
bool is_settled(const FoundFile& file, int64_t at_ns);

// Size and time of a regular file. Errors: kNotFound, kIo, kInvalidInput for what is none.
Result<FoundFile> look_at_file(const std::string& path);

}  // namespace hanok
