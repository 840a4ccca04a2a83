#include "formats/safetensors.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxHeaderBytes = uint64_t{100} << 20;

std::optional<DType> dtype_of(std::string_view name) {
  if (name == "F32") return DType::kF32;
  if (name == "F16") return DType::kF16;
  if (name == "BF16") return DType::kBF16;
  if (name == "F64") return DType::kF64;
  if (name == "I8" || name == "U8" || name == "BOOL") return DType::kI8;
  if (name == "I16") return DType::kI16;
  if (name == "I32") return DType::kI32;
  if (name == "I64") return DType::kI64;
  return std::nullopt;
}

struct Range {
  uint64_t begin, end;
};

Result<Range> read_range(const Json& entry, const std::string& place) {
  const auto it = entry.find("data_offsets");
  if (it == entry.end() || !it->is_array() || it->size() != 2 || !(*it)[0].is_number_unsigned() ||
      !(*it)[1].is_number_unsigned()) {
    return fail(ErrorKind::kCorruptFile, "wrong data_offsets", place, "two byte offsets",
                it == entry.end() ? "nothing" : "others");
  }
  return Range{(*it)[0].get<uint64_t>(), (*it)[1].get<uint64_t>()};
}

Result<TensorView> read_view(const Json& entry, const std::string& place) {
  if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() || !entry.contains("shape") ||
      !entry["shape"].is_array()) {
    return fail(ErrorKind::kCorruptFile, "wrong tensor entry", place, "an object with dtype, shape and data_offsets",
                "something else");
  }
  TensorView view;
  const auto& name = entry["dtype"].get_ref<const std::string&>();
  const auto dtype = dtype_of(name);
  if (!dtype) return fail(ErrorKind::kUnsupported, "unsupported tensor type", place, "F32, F16 or BF16", name);
  view.dtype = *dtype;
  if (entry["shape"].size() > 4)
    return fail(ErrorKind::kUnsupported, "too many dimensions", place, "at most 4",
                fmt::format("{}", entry["shape"].size()));
  uint64_t n_elems = 1;
  for (const Json& dim : entry["shape"]) {
    if (!dim.is_number_unsigned() || dim.get<uint64_t>() > (uint64_t{1} << 40) ||
        (dim.get<uint64_t>() > 0 && n_elems > (uint64_t{1} << 44) / dim.get<uint64_t>())) {
      return fail(ErrorKind::kCorruptFile, "tensor size out of range", place, "at most 2^44 elements", dim.dump());
    }
    n_elems *= std::max<uint64_t>(1, dim.get<uint64_t>());
    view.shape.dims[static_cast<size_t>(view.shape.rank++)] = dim.get<int64_t>();
  }
  return view;
}

}  // namespace

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  SafetensorsFile result;
  HANOK_TRY(result.file, MappedFile::open(path));
  const std::span<const std::byte> bytes = result.file.bytes();
  uint64_t header_bytes = 0;
  if (bytes.size() < 8)
    return fail(ErrorKind::kCorruptFile, "file ends within the header", path.string(), "at least 8 bytes",
                fmt::format("{}", bytes.size()));
  std::memcpy(&header_bytes, bytes.data(), 8);
  if (header_bytes > kMaxHeaderBytes || header_bytes > bytes.size() - 8) {
    return fail(ErrorKind::kCorruptFile, "header longer than the file", path.string(),
                fmt::format("at most {} bytes", std::min<uint64_t>(kMaxHeaderBytes, bytes.size() - 8)),
                fmt::format("{}", header_bytes), "the file is incomplete or not safetensors");
  }
  const char* text = reinterpret_cast<const char*>(bytes.data() + 8);
  const Json header = Json::parse(text, text + header_bytes, nullptr, false);
  if (!header.is_object()) return fail(ErrorKind::kCorruptFile, "header is not a JSON object", path.string());

  const std::span<const std::byte> data = bytes.subspan(8 + header_bytes);
  std::vector<Range> ranges;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    const std::string place = path.string() + ": " + name;
    HANOK_TRY(TensorView view, read_view(entry, place));
    HANOK_TRY(const Range range, read_range(entry, place));
    if (range.begin > range.end || range.end > data.size()) {
      return fail(ErrorKind::kCorruptFile, "tensor lies beyond the end of the file", place,
                  fmt::format("at most {} bytes of data", data.size()), fmt::format("{} to {}", range.begin, range.end),
                  "the file is incomplete; fetch it again");
    }
    const uint64_t n_bytes =
        static_cast<uint64_t>(view.shape.n_elems()) * static_cast<uint64_t>(dtype_info(view.dtype).block_bytes);
    if (range.end - range.begin != n_bytes) {
      return fail(ErrorKind::kCorruptFile, "tensor size does not match its shape", place,
                  fmt::format("{} bytes", n_bytes), fmt::format("{}", range.end - range.begin));
    }
    view.data = data.data() + range.begin;
    result.tensors.push_back({name, view});
    ranges.push_back(range);
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin || (a.begin == b.begin && a.end < b.end); });
  uint64_t end = 0;
  for (const Range& range : ranges) {
    if (range.begin != end)
      return fail(ErrorKind::kCorruptFile, range.begin < end ? "tensors overlap" : "hole between tensors",
                  path.string(), fmt::format("offset {}", end), fmt::format("{}", range.begin));
    end = range.end;
  }
  if (end != data.size())
    return fail(ErrorKind::kCorruptFile, "bytes behind the last tensor", path.string(),
                fmt::format("{} bytes of data", end), fmt::format("{}", data.size()));
  return result;
}

}  // namespace hanok
