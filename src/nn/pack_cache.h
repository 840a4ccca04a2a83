// A bounded folder of packed weights: a model that was loaded once is mapped the next time instead of packed again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/checkpoint.h"
#include "nn/pack_file.h"

namespace hanok {

struct PackCacheOptions {
  std::filesystem::path folder;                     // empty: no cache
  uint64_t limit_bytes = 0;                         // of the whole folder; what was not used longest goes first
  uint64_t least_model_bytes = uint64_t{64} << 20;  // smaller models are packed in no time
  uint64_t free_bytes = uint64_t{2} << 30;          // that stay free on the disk
};

struct StoredPack {
  std::filesystem::path path;
  std::string source;  // the model's path when it was packed; empty for what a killed process left
  uint64_t n_bytes = 0;
};

// The cache as one loading of a model sees it. A cache is only a cache: what cannot be kept is packed into memory.
class PackCache {
 public:
  // Ready when the folder holds this model's weights; writing when it does not and may.
  static PackCache open(const PackCacheOptions& options, const Checkpoint& checkpoint);

  // All weights were packed before, from these very files, and were looked at then.
  bool is_ready() const { return ready_.has_value(); }
  PanelMemory find(const std::string& name, DType dtype, const Shape& shape) const {
    return ready_ ? ready_->find(name, dtype, shape) : PanelMemory{};
  }
  // Where a weight is to be packed; no bytes: into memory of its own.
  PanelMemory room(const std::string& name, DType dtype, const Shape& shape);
  // The model is loaded: its weights can be used by others, unless a file of its has changed meanwhile.
  PackKeeper publish(const Checkpoint& checkpoint);

  // What the folder holds, the longest unused first.
  static std::vector<StoredPack> list(const std::filesystem::path& folder);
  // Whether the model is still where it was.
  static bool is_needed(const StoredPack& pack);
  // Removes a file unless a process is writing it; whether it did.
  static bool remove(const StoredPack& pack);

 private:
  std::optional<PackFile> ready_;
  std::unique_ptr<PackFileWriter> writer_;
  std::string facts_, source_;
};

}  // namespace hanok
