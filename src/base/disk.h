// Files written so that nothing half-written is ever seen: write aside, sync, rename; locks; room on the disk.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "base/result.h"

namespace hanok {

// Who may read a file that is made: everybody whom the system's mask lets, or its owner alone.
enum class Readers { kAll, kOwner };

class InFile {
 public:
  // Errors: kNotFound, kIo, also for what is no regular file.
  static Result<InFile> open(const std::filesystem::path& path);
  // Reads up to buffer.size() bytes from where it is; 0 at the end.
  Result<size_t> read(std::span<std::byte> buffer);

 private:
  InFile(Descriptor fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Descriptor fd_;
  std::filesystem::path path_;
};

// A file that grows at its end.
class OutFile {
 public:
  // Opens or makes the file and cuts it to `keep_bytes` (0: starts anew). Error: kIo, also when it is shorter.
  static Result<OutFile> open(const std::filesystem::path& path, uint64_t keep_bytes, Readers readers = Readers::kAll);
  // Error: kIo; says so when the disk is full. What was written before stays.
  Status write(std::span<const std::byte> bytes);
  // Cuts the file back to n_bytes.
  Status truncate(uint64_t n_bytes);
  Status sync();
  uint64_t n_bytes() const { return n_bytes_; }

 private:
  OutFile(Descriptor fd, std::filesystem::path path, uint64_t n_bytes)
      : fd_(std::move(fd)), path_(std::move(path)), n_bytes_(n_bytes) {}
  Descriptor fd_;
  std::filesystem::path path_;
  uint64_t n_bytes_;
};

// Held while a model is pulled or removed; released with its owner.
class FileLock {
 public:
  // Waits for the lock; on_wait is called once when it is taken by another. Errors: kIo, kInterrupted.
  static Result<FileLock> acquire(const std::filesystem::path& path, const std::atomic<bool>* cancel,
                                  const std::function<void()>& on_wait = {});
  // The lock when it is free, else kLimit.
  static Result<FileLock> try_acquire(const std::filesystem::path& path);

 private:
  explicit FileLock(Descriptor fd) : fd_(std::move(fd)) {}
  Descriptor fd_;
};

// $variable where it is an absolute path, else $HOME/fallback. Error: kNotFound without a home.
Result<std::filesystem::path> xdg_folder(const char* variable, std::string_view fallback);

Status make_folders(const std::filesystem::path& path);
// A folder that only its owner may enter, below folders made as everybody's. Error: kIo.
Status make_private_folder(const std::filesystem::path& folder);
// Reads a file of at most max_bytes. Errors: kNotFound, kIo, kLimit.
Result<std::string> read_small_file(const std::filesystem::path& path, size_t max_bytes = size_t{16} << 20);
// Gets the pieces of a file, one after the other.
using WritePiece = std::function<Status(std::string_view)>;
// Makes or replaces the file with what `fill` writes: aside, under a name that begins with the file's and ends with
// ".new", then synced and renamed. Error: kIo, also for a full disk; nothing is left of the new file then.
Status write_file_whole(const std::filesystem::path& path, const std::function<Status(const WritePiece&)>& fill,
                        Readers readers = Readers::kAll);
Status write_file_whole(const std::filesystem::path& path, std::string_view text, Readers readers = Readers::kAll);
// Renames within one file system and syncs the target's folder. Error: kIo.
Status move_file(const std::filesystem::path& from, const std::filesystem::path& to);
// The size of a regular file; 0 when it is not there.
uint64_t file_bytes(const std::filesystem::path& path);
// All regular files under a folder (symbolic links are not followed).
uint64_t tree_bytes(const std::filesystem::path& folder);
Status remove_tree(const std::filesystem::path& folder);
// Error kLimit when less than n_bytes are free where `folder` is.
Status need_room(const std::filesystem::path& folder, uint64_t n_bytes);

// "1.12 GB", decimal units.
std::string human_bytes(uint64_t n_bytes);
// Now in UTC: "2026-11-24T02:30:00Z".
std::string utc_now();

}  // namespace hanok
