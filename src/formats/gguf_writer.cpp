#include "formats/gguf_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace hanok {
namespace {

uint64_t aligned(uint64_t n) {
  return (n + GgufWriter::kAlignment - 1) / GgufWriter::kAlignment * GgufWriter::kAlignment;
}

constexpr std::string_view kPartial = ".hanok-partial-";  // and a number; its writer holds a lock on it

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// Partial files of the same path that nobody writes any more: their lock can be had.
void remove_stale_partials(const std::filesystem::path& path) {
  const std::string begin = path.filename().string() + std::string(kPartial);
  std::error_code ignored;
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  for (const auto& item : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = item.path().filename().string();
    if (name.starts_with(begin) && is_number(std::string_view(name).substr(begin.size()))) remove_unlocked(item.path());
  }
}

// Makes a partial file of this path that no other process has, locked; no file and errno on failure.
Descriptor open_partial(const std::filesystem::path& path, std::filesystem::path& partial) {
  for (uint64_t number = static_cast<uint64_t>(::getpid());; ++number) {
    partial = path;
    partial += fmt::format("{}{}", kPartial, number);
    Descriptor file(::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (file.get() < 0 && errno == EEXIST) continue;
    if (file.get() < 0) return file;
    // Free too where a file system has no locks: there no stale ones are removed. Not named: taken for a stale one
    // between its making and its lock.
    const bool is_free = try_lock(file.get()) || errno != EWOULDBLOCK;
    if (is_free && is_named(file.get(), partial)) return file;
  }
}

class Header {
 public:
  const std::string& bytes() const { return bytes_; }

  template <class T>
  void scalar(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void string(std::string_view text) {
    scalar(static_cast<uint64_t>(text.size()));
    bytes_.append(text);
  }
  void value(const GgufValue& value) {
    std::visit([&](const auto& held) { tagged(value.type, held); }, value.value);
  }

 private:
  template <class T>
  void tagged(uint32_t type, const T& held) {
    scalar(type);
    element(type, held);
  }
  template <class T>
  void tagged(uint32_t type, const std::vector<T>& elements) {
    scalar<uint32_t>(GgufType::kArray);
    scalar(type);
    scalar(static_cast<uint64_t>(elements.size()));
    for (const auto& each : elements) element(type, static_cast<const T&>(each));
  }
  void element(uint32_t, const std::string& text) { string(text); }
  template <class T>
  void element(uint32_t type, T value) {
    switch (type) {
      case GgufType::kU8:
        return scalar(static_cast<uint8_t>(value));
      case GgufType::kI8:
        return scalar(static_cast<int8_t>(value));
      case GgufType::kU16:
        return scalar(static_cast<uint16_t>(value));
      case GgufType::kI16:
        return scalar(static_cast<int16_t>(value));
      case GgufType::kU32:
        return scalar(static_cast<uint32_t>(value));
      case GgufType::kI32:
        return scalar(static_cast<int32_t>(value));
      case GgufType::kF32:
        return scalar(static_cast<float>(value));
      case GgufType::kBool:
        return scalar(static_cast<uint8_t>(value != T{}));
      case GgufType::kU64:
        return scalar(static_cast<uint64_t>(value));
      case GgufType::kI64:
        return scalar(static_cast<int64_t>(value));
      case GgufType::kF64:
        return scalar(static_cast<double>(value));
      default:
        HANOK_CHECK(false, "not a scalar metadata type");
    }
  }

  std::string bytes_;
};

Header make_header(const GgufMetadata& metadata, const std::vector<GgufTensorInfo>& tensors) {
  Header header;
  header.scalar<uint32_t>(0x46554747);  // "GGUF"
  header.scalar<uint32_t>(3);
  header.scalar<uint64_t>(tensors.size());
  const bool names_alignment = metadata.contains("general.alignment");
  header.scalar<uint64_t>(metadata.size() - (names_alignment ? 1 : 0));
  for (const auto& [key, value] : metadata) {
    if (key == "general.alignment") continue;  // the default, 32, is what this writer keeps
    header.string(key);
    header.value(value);
  }
  uint64_t offset = 0;
  for (const GgufTensorInfo& tensor : tensors) {
    header.string(tensor.name);
    header.scalar(static_cast<uint32_t>(tensor.shape.rank));
    for (int i = tensor.shape.rank - 1; i >= 0; --i) header.scalar(static_cast<uint64_t>(tensor.shape[i]));
    header.scalar(static_cast<uint32_t>(tensor.dtype));
    header.scalar(offset);
    offset = aligned(offset + tensor.n_bytes());
  }
  return header;
}

}  // namespace

GgufWriter::GgufWriter(GgufWriter&& other) noexcept {
  *this = std::move(other);
}

GgufWriter& GgufWriter::operator=(GgufWriter&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(tensors_, other.tensors_);
  std::swap(tensor_idx_, other.tensor_idx_);
  std::swap(tensor_bytes_, other.tensor_bytes_);
  std::swap(written_, other.written_);
  std::swap(file_bytes_, other.file_bytes_);
  std::swap(file_, other.file_);
  return *this;
}

GgufWriter::~GgufWriter() {
  if (file_.get() >= 0) ::unlink(temporary_.c_str());  // while its lock is held
}

tl::unexpected<Error> GgufWriter::failed(const std::string& what, int error) const {
  const bool full = error == ENOSPC || error == EFBIG || error == EDQUOT;
  return fail(ErrorKind::kIo, full ? "disk is full" : what, path_.string(),
              full ? fmt::format("room for {} bytes", file_bytes_) : "",
              full ? fmt::format("{} after {} bytes", std::strerror(error), written_) : std::strerror(error),
              full ? "make room or choose another place; nothing was left behind" : "");
}

Result<GgufWriter> GgufWriter::create(const std::filesystem::path& path, const GgufMetadata& metadata,
                                      std::vector<GgufTensorInfo> tensors) {
  const Header header = make_header(metadata, tensors);
  GgufWriter writer;
  writer.path_ = path;
  remove_stale_partials(path);
  writer.tensors_ = std::move(tensors);
  writer.file_bytes_ = aligned(header.bytes().size());
  for (const GgufTensorInfo& tensor : writer.tensors_) writer.file_bytes_ += aligned(tensor.n_bytes());
  writer.file_ = open_partial(path, writer.temporary_);
  if (writer.file_.get() < 0) return writer.failed("cannot create the file", errno);
  // A disk that is too small is found out now and not after minutes of work; not every file system can say.
  if (::fallocate(writer.file_.get(), 0, 0, static_cast<off_t>(writer.file_bytes_)) != 0 && errno != EOPNOTSUPP &&
      errno != ENOSYS && errno != EINVAL) {
    return writer.failed("cannot claim disk space", errno);
  }
  HANOK_RETURN_IF_ERROR(writer.put(std::as_bytes(std::span(header.bytes()))));
  HANOK_RETURN_IF_ERROR(writer.pad());
  return writer;
}

Status GgufWriter::put(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("cannot write", n < 0 ? errno : ENOSPC);
    written_ += static_cast<uint64_t>(n);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return {};
}

Status GgufWriter::pad() {
  constexpr std::byte kZeros[kAlignment]{};
  return put(std::span(kZeros).first(aligned(written_) - written_));
}

Status GgufWriter::write(std::span<const std::byte> bytes) {
  HANOK_CHECK(tensor_idx_ < tensors_.size(), "all tensors are written");
  const uint64_t n_bytes = tensors_[tensor_idx_].n_bytes();
  HANOK_CHECK(bytes.size() <= n_bytes - tensor_bytes_, "within the tensor");
  HANOK_RETURN_IF_ERROR(put(bytes));
  tensor_bytes_ += bytes.size();
  if (tensor_bytes_ < n_bytes) return {};
  ++tensor_idx_;
  tensor_bytes_ = 0;
  return pad();
}

Status GgufWriter::finish() {
  HANOK_CHECK(tensor_idx_ == tensors_.size() && written_ == file_bytes_, "every tensor is written");
  if (::fsync(file_.get()) != 0) return failed("cannot write", errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return failed("cannot give the file its name", errno);
  file_ = Descriptor();  // only now, since its lock keeps others from removing it
  return {};
}

}  // namespace hanok
