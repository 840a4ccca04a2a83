#include "nn/pack_cache.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <tuple>

#include <fmt/format.h>

#include "base/hash.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;

// Size, time and a checksum over samples of a file that is mapped: another file of the same name is told apart, also
// one that took its name since, and none is read whole.
std::optional<std::string> facts_of(const MappedFile& file) {
  struct stat info {};
  if (::fstat(file.descriptor(), &info) != 0) return {};
  constexpr int64_t kSamples = 64;
  std::array<char, 4096> sample;
  uint64_t hash = kFnv1aStart;
  const int64_t last = std::max<int64_t>(0, info.st_size - static_cast<int64_t>(sample.size()));
  for (int64_t i = 0; i < kSamples; ++i) {
    const ssize_t n = ::pread(file.descriptor(), sample.data(), sample.size(), last * i / (kSamples - 1));
    if (n < 0) return {};
    hash = fnv1a({sample.data(), static_cast<size_t>(n)}, hash);
  }
  return fmt::format("{} {} {}.{:09} {:016x}\n", file.path().filename().string(), info.st_size, info.st_mtim.tv_sec,
                     info.st_mtim.tv_nsec, hash);
}

// Of all files that a checkpoint's weights are in; none where one cannot be read.
std::optional<std::string> facts_of(const Checkpoint& checkpoint) {
  std::string facts = fmt::format("layout {}\n", kPanelLayout);
  for (const MappedFile* file : checkpoint.weight_files()) {
    const auto more = facts_of(*file);
    if (!more) return {};
    facts += *more;
  }
  return facts;
}

// At most the bytes that the panels of a checkpoint take: of all its matrices.
uint64_t most_panel_bytes(const Checkpoint& checkpoint) {
  uint64_t total = 0;
  for (const std::string& name : checkpoint.names()) {
    const TensorView& view = *checkpoint.find(name);
    if (view.shape.rank != 2) continue;
    if (const auto n_bytes = PackedMatrix::bytes_for(view.dtype, view.shape)) total += *n_bytes + 64;
  }
  return total;
}

bool has_room(const fs::path& folder, uint64_t n_bytes) {
  struct statvfs info {};
  return ::statvfs(folder.c_str(), &info) == 0 && static_cast<uint64_t>(info.f_bavail) * info.f_frsize >= n_bytes;
}

// Removes what no model needs any more, and then the longest unused until what is held is within the limit; whether it
// is. What is being written is held as large as it may become. `source` is the model whose weights come.
bool make_way(const PackCacheOptions& options, const std::string& source) {
  uint64_t held = 0;
  const std::vector<StoredPack> packs = PackCache::list(options.folder);
  for (const StoredPack& pack : packs) held += pack.n_bytes;
  for (const StoredPack& pack : packs) {
    const bool is_wanted = PackCache::is_needed(pack) && pack.source != source;
    if (is_wanted && held <= options.limit_bytes) continue;
    if (PackCache::remove(pack)) held -= pack.n_bytes;
  }
  return held <= options.limit_bytes;
}

}  // namespace

PackCache PackCache::open(const PackCacheOptions& options, const Checkpoint& checkpoint) {
  PackCache cache;
  if (options.folder.empty() || options.limit_bytes == 0 || checkpoint.weights_bytes() < options.least_model_bytes)
    return cache;
  auto facts = facts_of(checkpoint);
  if (!facts) return cache;
  std::error_code error;
  fs::create_directories(options.folder, error);
  if (error) return cache;
  const fs::path path = options.folder / fmt::format("{:016x}.panels", fnv1a(*facts));
  cache.ready_ = PackFile::open(path, *facts);
  if (cache.ready_) return cache;
  const uint64_t most_bytes = most_panel_bytes(checkpoint);
  cache.source_ = fs::absolute(checkpoint.path(), error).string();
  if (!has_room(options.folder, most_bytes + options.free_bytes)) return cache;
  // The writer first: what another process writes already is no reason to remove anything.
  cache.writer_ = PackFileWriter::create(path, most_bytes);
  if (cache.writer_ && (most_bytes > options.limit_bytes || !make_way(options, cache.source_))) cache.writer_.reset();
  cache.facts_ = std::move(*facts);
  return cache;
}

PanelMemory PackCache::room(const std::string& name, DType dtype, const Shape& shape) {
  if (!writer_) return {};
  PanelMemory memory = writer_->room(name, dtype, shape);
  if (memory.bytes == nullptr) writer_.reset();  // the disk is full: panels already there stay mapped
  return memory;
}

PackKeeper PackCache::publish(const Checkpoint& checkpoint) {
  if (ready_) return PackKeeper(*ready_);
  Descriptor published;
  if (writer_ && facts_of(checkpoint) == facts_) published = writer_->publish(facts_, source_);
  writer_.reset();
  return PackKeeper(std::move(published));
}

std::vector<StoredPack> PackCache::list(const fs::path& folder) {
  struct Found {
    StoredPack pack;
    int64_t seconds, nanoseconds;
  };
  std::vector<Found> found;
  std::error_code ignored;
  for (const auto& item : fs::directory_iterator(folder, ignored)) {
    const fs::path extension = item.path().extension();
    struct stat info {};
    if ((extension != ".panels" && extension != ".partial") || ::lstat(item.path().c_str(), &info) != 0 ||
        !S_ISREG(info.st_mode))
      continue;
    const std::string source = extension == ".panels" ? PackFile::source_of(item.path()) : "";
    const bool is_partial = extension == ".partial";
    const auto n_bytes = static_cast<uint64_t>(is_partial ? info.st_size : info.st_blocks * 512);
    found.push_back({{item.path(), source, n_bytes}, info.st_mtim.tv_sec, info.st_mtim.tv_nsec});
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::tie(a.seconds, a.nanoseconds) < std::tie(b.seconds, b.nanoseconds);
  });
  std::vector<StoredPack> packs;
  for (Found& f : found) packs.push_back(std::move(f.pack));
  return packs;
}

bool PackCache::is_needed(const StoredPack& pack) {
  std::error_code ignored;
  return !pack.source.empty() && fs::exists(pack.source, ignored);
}

bool PackCache::remove(const StoredPack& pack) {
  return remove_unlocked(pack.path);
}

}  // namespace hanok
