// What an index remembers of files that gave nothing or not all of their text, so that they are read again when that
// may help, and only then.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "search/file_walk.h"
#include "search/manifest.h"

namespace hanok {

class FileNotes {
 public:
  // `version` is the reading program's. The manifest and `cancel`, which may be null, outlive it.
  FileNotes(IndexManifest& manifest, std::string version, const std::atomic<bool>* cancel)
      : manifest_(manifest), version_(std::move(version)), cancel_(cancel) {}

  // Why the file, as it is now, was refused by the same reader.
  std::optional<Error> refusal(const FoundFile& file);
  // Whether the file was read with warnings, by another reader than now.
  bool may_read_better(const std::string& path);

  // These change the manifest; whether they did.
  bool forget(const std::string& path) { return manifest_.notes.erase(path) > 0; }
  bool note_refusal(const FoundFile& file, int64_t read_ns, const Error& reason);
  void note_warnings(const FoundFile& file);

 private:
  uint64_t reader(bool is_refusal);

  IndexManifest& manifest_;
  std::string version_;
  const std::atomic<bool>* cancel_;
  std::optional<std::string> helpers_;
};

}  // namespace hanok
