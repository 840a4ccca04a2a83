#include "nn/pack_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "base/locale.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr char kMagic[8] = {'H', 'A', 'N', 'O', 'K', 'P', 'K', '2'};
constexpr uint64_t kAlignment = 64, kHeaderBytes = 4096, kMostIndexBytes = uint64_t{16} << 20;
constexpr int64_t kSettledSeconds = 60;  // by then the system has written a file's pages, unasked

// At the start of the file; the panels follow after kHeaderBytes, then the index (JSON).
struct Header {
  char magic[8];
  uint64_t file_bytes, index_offset, index_hash;
  int64_t written_s;
  // The start of the system in which the file was written, until its pages are known to be on the disk (then its first
  // byte is 0): after a crash its parts may be missing, and another start has another id.
  char boot_id[40];
  char checked_boot_id[40];  // the start of the system since which the panels were compared with their hashes
};

// Whether two ids of starts are the same one's, which is known.
bool is_same_boot(const char (&id)[40], const std::string& here) {
  return !here.empty() && std::strncmp(id, here.c_str(), sizeof id) == 0;
}

std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

// Calls step(done, n_left) until n_bytes are done; whether they all are.
template <class Step>
bool do_all(size_t n_bytes, Step&& step) {
  for (size_t done = 0; done < n_bytes;) {
    const ssize_t n = step(done, n_bytes - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

bool write_all(int fd, const void* data, size_t n_bytes, uint64_t offset) {
  return do_all(n_bytes, [&](size_t done, size_t n_left) {
    return ::pwrite(fd, static_cast<const char*>(data) + done, n_left, static_cast<off_t>(offset + done));
  });
}

bool read_all(int fd, void* data, size_t n_bytes, uint64_t offset) {
  return do_all(n_bytes, [&](size_t done, size_t n_left) {
    return ::pread(fd, static_cast<char*>(data) + done, n_left, static_cast<off_t>(offset + done));
  });
}

struct Contents {
  Header header;
  Json index;
};

// Header and index of a file that is whole.
std::optional<Contents> read_contents(int fd) {
  Contents contents{};
  Header& header = contents.header;
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || !read_all(fd, &header, sizeof header, 0)) return {};
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) return {};
  const auto file_bytes = static_cast<uint64_t>(info.st_size);
  if (header.file_bytes != file_bytes || header.index_offset < kHeaderBytes || header.index_offset > file_bytes ||
      file_bytes - header.index_offset > kMostIndexBytes)
    return {};
  std::string text(file_bytes - header.index_offset, '\0');
  if (!read_all(fd, text.data(), text.size(), header.index_offset) || fnv1a(text) != header.index_hash) return {};
  contents.index = Json::parse(text, nullptr, false);
  if (!contents.index.is_object()) return {};
  return contents;
}

std::string text_of(const Json& index, const char* key) {
  const auto it = index.find(key);
  return it != index.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// Makes sure that what was written is on the disk, and says so.
void settle(int fd) {
  constexpr char kSettled = '\0';
  if (::fdatasync(fd) == 0 && write_all(fd, &kSettled, 1, offsetof(Header, boot_id))) ::fdatasync(fd);
}

// Whether what was written is surely there: written in this run of the system, or known to be on the disk.
bool is_settled(int fd, const Header& header) {
  if (header.boot_id[0] == '\0') return true;
  if (!is_same_boot(header.boot_id, boot_id())) return false;
  if (std::time(nullptr) - header.written_s < kSettledSeconds) return true;
  settle(fd);  // a process that was killed did not; in a folder of somebody else's nothing can be written, and it stays
  return true;
}

// The index's weights, or nothing when one does not lie inside the panels' part of the file.
std::optional<std::map<std::string, PackedWeight>> read_weights(const Contents& contents) {
  std::map<std::string, PackedWeight> weights;
  const auto list = contents.index.find("weights");
  if (list == contents.index.end() || !list->is_array()) return {};
  for (const Json& row : *list) {
    if (!row.is_array() || row.size() != 6 || !row[0].is_string() || !row[1].is_string()) return {};
    for (size_t i = 2; i < 6; ++i)
      if (!row[i].is_number_unsigned() || (i < 5 && row[i].get<uint64_t>() > contents.header.file_bytes)) return {};
    const auto dtype = dtype_from_name(row[1].get<std::string>());
    const auto n_out = row[2].get<int64_t>(), n_in = row[3].get<int64_t>();
    // No type takes less than a quarter of a byte: with this the number of bytes cannot overflow.
    if (!dtype || n_out == 0 || n_in == 0 ||
        static_cast<uint64_t>(n_out) > 4 * contents.header.file_bytes / static_cast<uint64_t>(n_in))
      return {};
    const PackedWeight weight{*dtype, shape_of({n_out, n_in}), row[4].get<uint64_t>(), row[5].get<uint64_t>()};
    const auto n_bytes = PackedMatrix::bytes_for(weight.dtype, weight.shape);
    const uint64_t end = contents.header.index_offset;
    if (!n_bytes || weight.offset < kHeaderBytes || weight.offset % kAlignment != 0 || weight.offset > end ||
        *n_bytes > end - weight.offset)
      return {};
    weights.insert_or_assign(row[0].get<std::string>(), weight);
  }
  return weights;
}

std::span<const uint8_t> panels_of(const void* mapping, const PackedWeight& weight) {
  return {static_cast<const uint8_t*>(mapping) + weight.offset, *PackedMatrix::bytes_for(weight.dtype, weight.shape)};
}

std::shared_ptr<const void> mapping_of(void* memory, size_t n_bytes) {
  // Huge pages spare the processor most of its address lookups, where the file system has them.
  ::madvise(memory, n_bytes, MADV_HUGEPAGE);
  return {memory, [n_bytes](const void* at) { ::munmap(const_cast<void*>(at), n_bytes); }};
}

}  // namespace

std::optional<PackFile> PackFile::open(const fs::path& path, std::string_view facts) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (file.get() < 0) file = Descriptor(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) return {};
  const auto contents = read_contents(file.get());
  if (!contents || text_of(contents->index, "facts") != facts || !is_settled(file.get(), contents->header)) return {};
  auto weights = read_weights(*contents);
  if (!weights) return {};
  const auto n_bytes = static_cast<size_t>(contents->header.file_bytes);
  void* memory = ::mmap(nullptr, n_bytes, PROT_READ, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) return {};
  PackFile packed;
  packed.mapping_ = mapping_of(memory, n_bytes);
  packed.weights_ = std::move(*weights);
  ::futimens(file.get(), nullptr);  // used now: the longest unused is the first to go
  packed.path_ = path;
  packed.file_ = std::make_shared<const Descriptor>(std::move(file));
  return packed;
}

bool PackFile::is_checked() const {
  Header header;
  return read_all(file_->get(), &header, sizeof header, 0) && is_same_boot(header.checked_boot_id, boot_id());
}

bool PackFile::check() const {
  for (const auto& [name, weight] : weights_) {
    if (hash_fast(panels_of(mapping_.get(), weight)) == weight.hash) continue;
    if (is_named(file_->get(), path_)) ::unlink(path_.c_str());
    return false;
  }
  char here[sizeof Header::checked_boot_id] = {};
  boot_id().copy(here, sizeof here - 1);
  write_all(file_->get(), here, sizeof here, offsetof(Header, checked_boot_id));  // not in a folder of somebody else's
  return true;
}

std::string PackFile::source_of(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  const auto contents = file.get() < 0 ? std::nullopt : read_contents(file.get());
  return contents ? text_of(contents->index, "source") : "";
}

PanelMemory PackFile::find(const std::string& name, DType dtype, const Shape& shape) const {
  const auto it = weights_.find(name);
  if (it == weights_.end() || it->second.dtype != dtype || it->second.shape != shape) return {};
  auto* base = static_cast<uint8_t*>(const_cast<void*>(mapping_.get()));  // panels are only read
  return {mapping_, base + it->second.offset};
}

PackKeeper::PackKeeper(Descriptor published) {
  if (published.get() < 0) return;
  try {
    thread_ = std::thread([file = std::move(published)] { settle(file.get()); });
  } catch (const std::system_error&) {  // no more threads: who opens the file after a minute does it
  }
}

PackKeeper::PackKeeper(PackFile file)
    : file_(std::move(file)), is_damaged_(std::make_unique<std::atomic<bool>>(false)) {
  if (file_->is_checked()) return;
  try {
    thread_ = std::thread([checked = *file_, damaged = is_damaged_.get()] { *damaged = !checked.check(); });
  } catch (const std::system_error&) {  // no more threads: the next to open the file does it
  }
}

PackKeeper::~PackKeeper() {
  if (thread_.joinable()) thread_.join();
}

Status PackKeeper::state() const {
  if (is_damaged_ == nullptr || !is_damaged_->load(std::memory_order_relaxed)) return {};
  return fail(ErrorKind::kCorruptFile,
              in_language("정리해 둔 가중치 파일이 깨져 있어 지웠습니다",
                          "the file of packed weights was damaged; it has been removed"),
              file_->path().string(), {}, {},
              in_language("같은 명령을 다시 내리면 모델에서 새로 만듭니다. 이제까지의 답은 믿을 수 없습니다",
                          "run the same command again: it is made anew from the model. What was answered until now "
                          "cannot be trusted"));
}

Status PackKeeper::check() {
  if (thread_.joinable()) thread_.join();
  if (file_ && state() && !file_->check()) *is_damaged_ = true;
  return state();
}

fs::path PackFileWriter::partial_name(const fs::path& path) {
  return fs::path(path) += ".partial";
}

std::unique_ptr<PackFileWriter> PackFileWriter::create(const fs::path& path, uint64_t most_bytes) {
  const fs::path partial = partial_name(path);
  Descriptor file(::open(partial.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  // Between opening and locking the file may have become the finished one, or have been removed.
  if (file.get() < 0 || !try_lock(file.get()) || !is_named(file.get(), partial)) return {};
  std::unique_ptr<PackFileWriter> writer(new PackFileWriter());
  writer->file_ = std::move(file);
  writer->path_ = path;
  writer->most_bytes_ = kHeaderBytes + most_bytes;
  writer->end_ = kHeaderBytes;
  if (::ftruncate(writer->file_.get(), 0) != 0 ||
      ::ftruncate(writer->file_.get(), static_cast<off_t>(writer->most_bytes_)) != 0)
    return {};
  void* memory = ::mmap(nullptr, writer->most_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, writer->file_.get(), 0);
  if (memory == MAP_FAILED) return {};
  writer->mapping_ = mapping_of(memory, writer->most_bytes_);
  writer->bytes_ = static_cast<uint8_t*>(memory);
  return writer;
}

PackFileWriter::~PackFileWriter() {
  if (file_.get() >= 0) ::unlink(partial_name(path_).c_str());  // while its lock is held
}

PanelMemory PackFileWriter::room(const std::string& name, DType dtype, const Shape& shape) {
  const auto n_bytes = PackedMatrix::bytes_for(dtype, shape);
  if (!n_bytes || *n_bytes > most_bytes_ - end_) return {};
  // The place on the disk is taken now: writing to a mapped page that finds none would end the program.
  if (::fallocate(file_.get(), 0, static_cast<off_t>(end_), static_cast<off_t>(*n_bytes)) != 0) return {};
  const uint64_t offset = end_;
  end_ = std::min(most_bytes_, (end_ + *n_bytes + kAlignment - 1) / kAlignment * kAlignment);
  weights_.insert_or_assign(name, PackedWeight{dtype, shape, offset});
  return {mapping_, bytes_ + offset};
}

Descriptor PackFileWriter::publish(std::string_view facts, std::string_view source) {
  Json weights = Json::array();
  for (const auto& [name, w] : weights_)
    weights.push_back({name, dtype_name(w.dtype), w.shape[0], w.shape[1], w.offset, hash_fast(panels_of(bytes_, w))});
  const std::string index = Json{{"facts", facts}, {"source", source}, {"weights", weights}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.index_offset = end_;
  header.file_bytes = end_ + index.size();
  header.index_hash = fnv1a(index);
  header.written_s = std::time(nullptr);
  boot_id().copy(header.boot_id, sizeof header.boot_id - 1);
  boot_id().copy(header.checked_boot_id, sizeof header.checked_boot_id - 1);
  if (header.boot_id[0] == '\0' && ::fdatasync(file_.get()) != 0) return Descriptor();
  if (::ftruncate(file_.get(), static_cast<off_t>(end_)) != 0 ||
      !write_all(file_.get(), index.data(), index.size(), end_) || !write_all(file_.get(), &header, sizeof header, 0))
    return Descriptor();
  if (::rename(partial_name(path_).c_str(), path_.c_str()) != 0) return Descriptor();
  ::mprotect(bytes_, most_bytes_, PROT_READ);
  Descriptor published(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
  file_ = Descriptor();
  return published;
}

}  // namespace hanok
