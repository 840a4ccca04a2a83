// One model's packed weights in a file: written once, then mapped by every process that loads the model.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/descriptor.h"
#include "base/result.h"
#include "ops/matmul.h"

namespace hanok {

// A weight's place in a file.
struct PackedWeight {
  DType dtype = DType::kF32;
  Shape shape;
  uint64_t offset = 0;
  uint64_t hash = 0;  // of its panels
};

// A finished file, mapped. Its panels are numbers, so nothing in them can lead a kernel astray; what says where they
// lie is checked when it is opened, the panels themselves by PackKeeper.
class PackFile {
 public:
  // The file if it is whole, made by this layout of panels for these facts (what the weights were packed from), and
  // surely on the disk as it was written; else nothing.
  static std::optional<PackFile> open(const std::filesystem::path& path, std::string_view facts);
  // The model whose weights a file says it holds; empty for a file that is none of these.
  static std::string source_of(const std::filesystem::path& path);

  // The panels of a weight of this name, type and shape; no bytes when the file does not hold it.
  PanelMemory find(const std::string& name, DType dtype, const Shape& shape) const;
  const std::filesystem::path& path() const { return path_; }
  // Whether its panels were compared with their hashes since the system started.
  bool is_checked() const;
  // Compares them; false when they are not what was written, and the file is then removed.
  bool check() const;

 private:
  std::filesystem::path path_;
  std::shared_ptr<const Descriptor> file_;
  std::shared_ptr<const void> mapping_;
  std::map<std::string, PackedWeight> weights_;
};

// Looks after a model's packed file in the background: makes sure that one just published is on the disk, and checks
// one that comes from it once after each start of the system. Waits for that when it goes.
class PackKeeper {
 public:
  PackKeeper() = default;
  explicit PackKeeper(Descriptor published);
  explicit PackKeeper(PackFile file);
  PackKeeper(PackKeeper&&) noexcept = default;
  PackKeeper& operator=(PackKeeper&& other) noexcept {
    std::swap(thread_, other.thread_);
    std::swap(file_, other.file_);
    std::swap(is_damaged_, other.is_damaged_);
    return *this;
  }
  ~PackKeeper();

  // Error: kCorruptFile once panels in use proved not to be what was written.
  Status state() const;
  // The same after comparing them all now.
  Status check();

 private:
  std::thread thread_;
  std::optional<PackFile> file_;  // that is mapped
  std::unique_ptr<std::atomic<bool>> is_damaged_;
};

// A file being written: weights are packed straight into it and used from there. Until publish() it has another name,
// which is removed with the writer; what a killed process left is written over.
class PackFileWriter {
 public:
  // Room for most_bytes of panels at most. Nothing when another process is writing the same file or has just done so,
  // or when files cannot be made, locked or mapped there.
  static std::unique_ptr<PackFileWriter> create(const std::filesystem::path& path, uint64_t most_bytes);
  PackFileWriter(const PackFileWriter&) = delete;
  PackFileWriter& operator=(const PackFileWriter&) = delete;
  ~PackFileWriter();

  // Room for a weight's panels, with its place on the disk taken; no bytes when the disk is full.
  PanelMemory room(const std::string& name, DType dtype, const Shape& shape);
  // Makes the file whole and gives it its name; the file, or none if that could not be done.
  Descriptor publish(std::string_view facts, std::string_view source);

  static std::filesystem::path partial_name(const std::filesystem::path& path);

 private:
  PackFileWriter() = default;

  std::filesystem::path path_;
  Descriptor file_;
  uint8_t* bytes_ = nullptr;
  uint64_t most_bytes_ = 0, end_ = 0;
  std::shared_ptr<const void> mapping_;
  std::map<std::string, PackedWeight> weights_;
};

}  // namespace hanok
