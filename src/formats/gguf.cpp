#include "formats/gguf.h"

#include <algorithm>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "base/locale.h"
#include "formats/split_name.h"

namespace hanok {
namespace {

constexpr uint64_t kMaxStringBytes = uint64_t{64} << 20;
constexpr uint64_t kMaxTensors = 1 << 20;

using enum GgufType::Id;

size_t scalar_bytes(uint32_t type) {
  switch (type) {
    case kU8:
    case kI8:
    case kBool:
      return 1;
    case kU16:
    case kI16:
      return 2;
    case kU32:
    case kI32:
    case kF32:
      return 4;
    case kU64:
    case kI64:
    case kF64:
      return 8;
    case kString:
      return 8;  // at least its length
    default:
      return 0;
  }
}

// A cursor over the mapped bytes that refuses to pass their end.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, std::string file) : bytes_(bytes), file_(std::move(file)) {}

  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }
  std::string place() const { return fmt::format("{}, byte {}", file_, offset_); }

  template <class T>
  Result<T> scalar(const char* what) {
    if (remaining() < sizeof(T)) return truncated(what, sizeof(T));
    T value;
    std::memcpy(&value, bytes_.data() + offset_, sizeof(T));
    offset_ += sizeof(T);
    return value;
  }
  Result<std::string> string(const char* what) {
    HANOK_TRY(const uint64_t n, scalar<uint64_t>(what));
    if (n > kMaxStringBytes)
      return fail(ErrorKind::kCorruptFile, fmt::format("length of {} is not plausible", what), place(),
                  "at most 64 MiB", fmt::format("{}", n));
    if (n > remaining()) return truncated(what, n);
    std::string text(reinterpret_cast<const char*>(bytes_.data() + offset_), n);
    offset_ += n;
    return text;
  }
  tl::unexpected<Error> truncated(const char* what, uint64_t n) const {
    return fail(ErrorKind::kCorruptFile,
                fmt::format(fmt::runtime(in_language("파일이 도중에 끝납니다 ({})", "file ends within {}")), what),
                place(), fmt::format(fmt::runtime(in_language("{}바이트 더", "{} more bytes")), n),
                fmt::format("{}", remaining()),
                in_language("파일이 덜 받아졌습니다. 다시 받으세요", "the file is incomplete; fetch it again"));
  }

 private:
  std::span<const std::byte> bytes_;
  std::string file_;
  size_t offset_ = 0;
};

Result<GgufValue> read_scalar(Reader& reader, uint32_t type) {
  GgufValue result{type, uint64_t{0}};
  const auto read = [&]<class T, class Wide>(T, Wide) -> Status {
    HANOK_TRY(const T value, reader.scalar<T>("a metadata value"));
    result.value = static_cast<Wide>(value);
    return {};
  };
  Status status;
  switch (type) {
    case kU8:
      status = read(uint8_t{}, uint64_t{});
      break;
    case kI8:
      status = read(int8_t{}, int64_t{});
      break;
    case kU16:
      status = read(uint16_t{}, uint64_t{});
      break;
    case kI16:
      status = read(int16_t{}, int64_t{});
      break;
    case kU32:
      status = read(uint32_t{}, uint64_t{});
      break;
    case kI32:
      status = read(int32_t{}, int64_t{});
      break;
    case kU64:
      status = read(uint64_t{}, uint64_t{});
      break;
    case kI64:
      status = read(int64_t{}, int64_t{});
      break;
    case kF32:
      status = read(float{}, double{});
      break;
    case kF64:
      status = read(double{}, double{});
      break;
    case kBool: {
      HANOK_TRY(const uint8_t value, reader.scalar<uint8_t>("a metadata value"));
      result.value = value != 0;
      break;
    }
    case kString: {
      HANOK_TRY(std::string text, reader.string("a metadata value"));
      result.value = std::move(text);
      break;
    }
    default:
      return fail(ErrorKind::kCorruptFile, "unknown metadata type", reader.place(), "0 to 12", fmt::format("{}", type));
  }
  if (!status) return tl::unexpected(status.error());
  return result;
}

Result<GgufValue> read_array(Reader& reader) {
  HANOK_TRY(const uint32_t type, reader.scalar<uint32_t>("an array's type"));
  HANOK_TRY(const uint64_t n, reader.scalar<uint64_t>("an array's length"));
  const size_t each = scalar_bytes(type);
  if (each == 0)
    return fail(ErrorKind::kUnsupported, "unsupported array element type", reader.place(), "a scalar type",
                fmt::format("{}", type));
  if (n > reader.remaining() / each) return reader.truncated("an array", n > UINT64_MAX / each ? UINT64_MAX : n * each);
  std::vector<std::string> strings;
  std::vector<int64_t> ints;
  std::vector<double> floats;
  std::vector<bool> flags;
  for (uint64_t i = 0; i < n; ++i) {
    HANOK_TRY(GgufValue element, read_scalar(reader, type));
    if (auto* s = std::get_if<std::string>(&element.value))
      strings.push_back(std::move(*s));
    else if (const auto* u = std::get_if<uint64_t>(&element.value))
      ints.push_back(static_cast<int64_t>(*u));
    else if (const auto* s64 = std::get_if<int64_t>(&element.value))
      ints.push_back(*s64);
    else if (const auto* f = std::get_if<double>(&element.value))
      floats.push_back(*f);
    else
      flags.push_back(std::get<bool>(element.value));
  }
  GgufValue result{type, uint64_t{0}};
  if (type == kString)
    result.value = std::move(strings);
  else if (type == kF32 || type == kF64)
    result.value = std::move(floats);
  else if (type == kBool)
    result.value = std::move(flags);
  else
    result.value = std::move(ints);
  return result;
}

struct RawTensor {
  GgufFile::Tensor tensor;
  uint64_t offset = 0;
};

Result<RawTensor> read_tensor_info(Reader& reader) {
  RawTensor raw;
  HANOK_TRY(raw.tensor.name, reader.string("a tensor's name"));
  const std::string place = fmt::format("{}: {}", reader.place(), raw.tensor.name);
  HANOK_TRY(const uint32_t rank, reader.scalar<uint32_t>("a tensor's rank"));
  if (rank == 0 || rank > 4)
    return fail(ErrorKind::kCorruptFile, "wrong number of dimensions", place, "1 to 4", fmt::format("{}", rank));
  Shape& shape = raw.tensor.view.shape;
  shape.rank = static_cast<int>(rank);
  uint64_t n_elems = 1;
  for (uint32_t i = 0; i < rank; ++i) {
    HANOK_TRY(const uint64_t dim, reader.scalar<uint64_t>("a tensor's shape"));
    if (dim == 0 || dim > (uint64_t{1} << 40) || n_elems > (uint64_t{1} << 44) / dim) {
      return fail(ErrorKind::kCorruptFile, "tensor size out of range", place, "1 to 2^44 elements",
                  fmt::format("dimension {} of {}", i, dim));
    }
    n_elems *= dim;
    shape.dims[rank - 1 - i] = static_cast<int64_t>(dim);
  }
  HANOK_TRY(const uint32_t type, reader.scalar<uint32_t>("a tensor's type"));
  const auto dtype = dtype_from_gguf_id(type);
  if (!dtype)
    return fail(ErrorKind::kUnsupported, "unsupported tensor type", place,
                "F32, F16, BF16, Q4_0 ... Q8_0, Q2_K ... Q6_K, IQ4_NL, IQ4_XS", fmt::format("type id {}", type),
                "use a file quantised as Q4_K_M or Q8_0");
  raw.tensor.view.dtype = *dtype;
  const DTypeInfo& info = dtype_info(*dtype);
  if (shape.n_cols() % info.block_elems != 0) {
    return fail(ErrorKind::kCorruptFile, "row is not whole blocks", place,
                fmt::format("a multiple of {} for {}", info.block_elems, info.name), fmt::format("{}", shape.n_cols()));
  }
  HANOK_TRY(raw.offset, reader.scalar<uint64_t>("a tensor's offset"));
  return raw;
}

// Places the tensors in the data section and checks alignment, bounds and overlap.
Status place_tensors(std::vector<RawTensor>& raws, std::span<const std::byte> bytes, uint64_t data_start,
                     uint64_t alignment, const std::string& file) {
  std::vector<const RawTensor*> placed;
  const uint64_t data_bytes = bytes.size() - data_start;
  for (RawTensor& raw : raws) {
    const uint64_t n_bytes = raw.tensor.view.n_bytes();
    const std::string place = fmt::format("{}: {}", file, raw.tensor.name);
    if (raw.offset % alignment != 0)
      return fail(ErrorKind::kCorruptFile, "tensor is not aligned", place, fmt::format("a multiple of {}", alignment),
                  fmt::format("offset {}", raw.offset));
    if (raw.offset > data_bytes || n_bytes > data_bytes - raw.offset) {
      return fail(ErrorKind::kCorruptFile, "tensor lies beyond the end of the file", place,
                  fmt::format("at most {} bytes of data", data_bytes),
                  fmt::format("offset {} + {} bytes", raw.offset, n_bytes), "the file is incomplete; fetch it again");
    }
    raw.tensor.view.data = bytes.data() + data_start + raw.offset;
    placed.push_back(&raw);
  }
  std::sort(placed.begin(), placed.end(), [](const RawTensor* a, const RawTensor* b) { return a->offset < b->offset; });
  for (size_t i = 1; i < placed.size(); ++i) {
    const uint64_t end = placed[i - 1]->offset + placed[i - 1]->tensor.view.n_bytes();
    if (placed[i]->offset < end) {
      return fail(ErrorKind::kCorruptFile, "tensors overlap",
                  fmt::format("{}: {} and {}", file, placed[i - 1]->tensor.name, placed[i]->tensor.name),
                  fmt::format("offset {} or more", end), fmt::format("{}", placed[i]->offset));
    }
  }
  return {};
}

// Says what the file seems to be instead.
tl::unexpected<Error> not_gguf(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 64));
  const char* hint = in_language("*.gguf 파일이나, config.json과 *.safetensors가 든 폴더를 주세요",
                                 "give a *.gguf file, or a folder with config.json and *.safetensors");
  if (text.starts_with("version https://git-lfs"))
    hint = in_language("Git LFS pointer(가리킴 파일)입니다. 가리키는 파일을 받으세요",
                       "this is a Git LFS pointer; fetch the file that it stands for");
  if (text.starts_with("<"))
    hint = in_language("웹 페이지 같습니다. 파일을 다시 받으세요", "this looks like a web page; fetch the file again");
  if (text.starts_with("PK"))
    hint = in_language("zip이나 PyTorch 파일입니다. 읽지 않는 형식입니다",
                       "this is a zip archive or a PyTorch file, which is not read");
  if (path.extension() == ".safetensors")
    hint =
        in_language("config.json과 함께 든 폴더를 주세요", "give the folder that holds it, with config.json beside it");
  std::string start;
  for (const char c : text.substr(0, 8)) start += c >= 0x20 && c < 0x7f ? c : '.';
  return fail(ErrorKind::kCorruptFile, in_language("GGUF 파일이 아닙니다", "not a GGUF file"), path.string(),
              in_language("GGUF로 시작", "GGUF at its beginning"), start, hint);
}

// What a part says of itself must be what its name says.
Status check_split_key(const std::string& key, const GgufValue& value, size_t part_idx, size_t n_parts,
                       const std::string& file) {
  const bool is_number = key == "split.no", is_count = key == "split.count";
  if (!is_number && !is_count) return {};
  const auto* got = std::get_if<uint64_t>(&value.value);
  const uint64_t expected = is_number ? part_idx : n_parts;
  if (got != nullptr && *got == expected) return {};
  return fail(ErrorKind::kCorruptFile, "part of a split file contradicts its name", file + ": " + key,
              fmt::format("{}", expected), got == nullptr ? "another type" : fmt::format("{}", *got),
              "give the parts the names they were published under, all in one folder");
}

template <class T>
Result<T> typed(const GgufFile& file, std::string_view key, const char* expected) {
  const GgufValue* value = file.find(key);
  if (const T* held = value != nullptr ? std::get_if<T>(&value->value) : nullptr) return *held;
  const std::string place = (file.parts().empty() ? "" : file.parts()[0].path().string() + ": ") + std::string(key);
  if (value == nullptr) return fail(ErrorKind::kCorruptFile, "missing metadata key", place, expected, "nothing");
  return fail(ErrorKind::kCorruptFile, "wrong type of metadata key", place, expected,
              fmt::format("value type {}", value->type));
}

}  // namespace

Result<GgufFile> GgufFile::open(const std::filesystem::path& path) {
  HANOK_TRY(const std::vector<std::filesystem::path> paths, split_parts(path));
  GgufFile file;
  for (size_t i = 0; i < paths.size(); ++i) HANOK_RETURN_IF_ERROR(file.add_part(paths[i], i, paths.size()));
  std::set<std::string_view> names;
  for (const Tensor& tensor : file.tensors_) {
    if (!names.insert(tensor.name).second)
      return fail(ErrorKind::kCorruptFile, "two tensors have one name", path.string() + ": " + tensor.name);
  }
  if (const auto expected = file.get_int("split.tensors.count");
      expected && *expected != static_cast<int64_t>(file.tensors_.size())) {
    return fail(ErrorKind::kCorruptFile, "wrong number of tensors in a split file", path.string(),
                fmt::format("{}", *expected), fmt::format("{}", file.tensors_.size()));
  }
  return file;
}

Status GgufFile::add_part(const std::filesystem::path& path, size_t part_idx, size_t n_parts) {
  HANOK_TRY(MappedFile mapped, MappedFile::open(path));
  Reader reader(mapped.bytes(), path.string());
  HANOK_TRY(const uint32_t magic, reader.scalar<uint32_t>("the magic"));
  if (magic != 0x46554747) return not_gguf(path, mapped.bytes());
  HANOK_TRY(const uint32_t version, reader.scalar<uint32_t>("the version"));
  if (version != 2 && version != 3)
    return fail(ErrorKind::kUnsupported, "unsupported GGUF version", path.string(), "2 or 3",
                fmt::format("{}", version), version > 0xffff ? "big-endian files are not supported" : "");
  HANOK_TRY(const uint64_t n_tensors, reader.scalar<uint64_t>("the number of tensors"));
  HANOK_TRY(const uint64_t n_keys, reader.scalar<uint64_t>("the number of keys"));
  // The smallest key takes 13 bytes and the smallest tensor 32: larger counts cannot be true.
  if (n_tensors > kMaxTensors || n_tensors > reader.remaining() / 32)
    return fail(ErrorKind::kCorruptFile, "number of tensors is not plausible", path.string(),
                fmt::format("at most {}", reader.remaining() / 32), fmt::format("{}", n_tensors),
                "the file is incomplete or damaged; fetch it again");
  if (n_keys > reader.remaining() / 13)
    return fail(ErrorKind::kCorruptFile, "number of keys is not plausible", path.string(),
                fmt::format("at most {}", reader.remaining() / 13), fmt::format("{}", n_keys),
                "the file is incomplete or damaged; fetch it again");

  std::set<std::string> keys;
  uint64_t alignment = 32;
  for (uint64_t i = 0; i < n_keys; ++i) {
    HANOK_TRY(std::string key, reader.string("a metadata key"));
    HANOK_TRY(const uint32_t type, reader.scalar<uint32_t>("a metadata type"));
    auto value = type == kArray ? read_array(reader) : read_scalar(reader, type);
    if (!value) {
      Error error = value.error();
      error.where += ": " + key;
      return fail(std::move(error));
    }
    if (!keys.insert(key).second)
      return fail(ErrorKind::kCorruptFile, "metadata key appears twice", path.string() + ": " + key);
    if (key == "general.alignment") {
      const auto* held = std::get_if<uint64_t>(&value->value);
      alignment = held != nullptr ? *held : 0;
    }
    HANOK_RETURN_IF_ERROR(check_split_key(key, *value, part_idx, n_parts, path.string()));
    if (part_idx == 0) metadata_.emplace(std::move(key), std::move(*value));
  }
  if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > (1 << 20)) {
    return fail(ErrorKind::kCorruptFile, "wrong alignment", path.string() + ": general.alignment", "a power of two",
                fmt::format("{}", alignment));
  }
  std::vector<RawTensor> raws;
  for (uint64_t i = 0; i < n_tensors; ++i) {
    HANOK_TRY(RawTensor raw, read_tensor_info(reader));
    raws.push_back(std::move(raw));
  }
  const uint64_t data_start =
      std::min<uint64_t>(mapped.bytes().size(), (reader.offset() + alignment - 1) / alignment * alignment);
  HANOK_RETURN_IF_ERROR(place_tensors(raws, mapped.bytes(), data_start, alignment, path.string()));
  for (RawTensor& raw : raws) tensors_.push_back(std::move(raw.tensor));
  mapped.release(0, data_start);  // all of it is copied
  parts_.push_back(std::move(mapped));
  return {};
}

const GgufValue* GgufFile::find(std::string_view key) const {
  const auto it = metadata_.find(key);
  return it == metadata_.end() ? nullptr : &it->second;
}

Result<int64_t> GgufFile::get_int(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value != nullptr) {
    if (const auto* u = std::get_if<uint64_t>(&value->value); u != nullptr && *u <= INT64_MAX)
      return static_cast<int64_t>(*u);
  }
  return typed<int64_t>(*this, key, "an integer");
}
Result<bool> GgufFile::get_bool(std::string_view key) const {
  return typed<bool>(*this, key, "true or false");
}
Result<std::string> GgufFile::get_string(std::string_view key) const {
  return typed<std::string>(*this, key, "a text");
}
Result<std::vector<std::string>> GgufFile::get_strings(std::string_view key) const {
  return typed<std::vector<std::string>>(*this, key, "an array of texts");
}
Result<std::vector<int64_t>> GgufFile::get_ints(std::string_view key) const {
  return typed<std::vector<int64_t>>(*this, key, "an array of integers");
}
Result<std::vector<double>> GgufFile::get_floats(std::string_view key) const {
  return typed<std::vector<double>>(*this, key, "an array of floats");
}

void GgufFile::release(std::span<const std::byte> bytes) const {
  for (const MappedFile& part : parts_) {
    const std::byte* begin = part.bytes().data();
    if (bytes.data() >= begin && bytes.data() < begin + part.bytes().size())
      part.release(static_cast<size_t>(bytes.data() - begin), bytes.size());
  }
}

void GgufFile::forget_arrays(std::string_view prefix) {
  std::erase_if(metadata_, [&](const auto& entry) {
    const auto& value = entry.second.value;
    const bool is_array = std::holds_alternative<std::vector<std::string>>(value) ||
                          std::holds_alternative<std::vector<int64_t>>(value) ||
                          std::holds_alternative<std::vector<double>>(value) ||
                          std::holds_alternative<std::vector<bool>>(value);
    return is_array && entry.first.compare(0, prefix.size(), prefix) == 0;
  });
}

}  // namespace hanok
