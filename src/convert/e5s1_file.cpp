#include "convert/e5s1_file.h"

#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "base/utf8.h"

namespace hanok {
namespace {

constexpr int64_t kMaxSize = int64_t{1} << 24;  // of a dimension
constexpr int64_t kMaxLayers = 1024;
constexpr uint32_t kBlockElems = 32;
enum TensorType : uint8_t { kFloats = 0, kBlocks = 1 };

tl::unexpected<Error> broken(const std::string& where, std::string what, std::string expected = {},
                             std::string got = {}) {
  return fail(ErrorKind::kCorruptFile, std::move(what), where, std::move(expected), std::move(got));
}

// Takes little-endian values off the front. The first value beyond the end is remembered and everything after it is 0.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <class T>
  T take() {
    T value{};
    const auto bytes = take_bytes(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::span<const std::byte> take_bytes(uint64_t n_bytes) {
    if (n_bytes > rest_.size()) {
      is_over_ = true;
      rest_ = {};
      return {};
    }
    const auto bytes = rest_.first(n_bytes);
    rest_ = rest_.subspan(n_bytes);
    return bytes;
  }
  std::string take_text(uint64_t n_bytes) {
    const auto bytes = take_bytes(n_bytes);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  bool is_over() const { return is_over_; }
  size_t n_left() const { return rest_.size(); }

 private:
  std::span<const std::byte> rest_;
  bool is_over_ = false;
};

Status read_sizes(Cursor& cursor, E5s1File& file, const std::string& where) {
  const std::string magic = cursor.take_text(4);
  const auto version = cursor.take<uint32_t>();
  if (magic != "E5S1" || version != 1)
    return fail(ErrorKind::kUnsupported, "not a file of this kind", where, "E5S1, version 1",
                magic == "E5S1" ? fmt::format("version {}", version) : "something else");
  for (int64_t* size :
       {&file.hidden, &file.n_layers, &file.n_heads, &file.ffn, &file.vocab, &file.n_positions, &file.n_types}) {
    *size = cursor.take<int32_t>();
    if (*size < 1 || *size > kMaxSize)
      return broken(where, "size out of range", fmt::format("1 to {}", kMaxSize), fmt::format("{}", *size));
  }
  file.eps = cursor.take<float>();
  const auto block_elems = cursor.take<uint32_t>();
  if (file.n_layers > kMaxLayers || file.hidden % file.n_heads != 0 || file.hidden % kBlockElems != 0 ||
      file.ffn % kBlockElems != 0 || block_elems != kBlockElems || !(file.eps >= 0 && file.eps < 1))
    return broken(
        where, "sizes do not fit together", "rows in blocks of 32 that divide into heads",
        fmt::format("hidden {}, {} heads, ffn {}, blocks of {}", file.hidden, file.n_heads, file.ffn, block_elems));
  return {};
}

Status read_pieces(Cursor& cursor, E5s1File& file, const std::string& where) {
  const int64_t n_pieces = cursor.take<int32_t>();
  for (int64_t* id : {&file.bos, &file.eos, &file.pad, &file.unknown}) {
    *id = cursor.take<int32_t>();
    if (*id < 0 || *id >= n_pieces)
      return broken(where, "token id outside the vocabulary", fmt::format("less than {}", n_pieces),
                    fmt::format("{}", *id));
  }
  const auto n_text_bytes = cursor.take<uint64_t>();
  if (n_pieces > file.vocab || static_cast<uint64_t>(n_pieces) * 8 > cursor.n_left())
    return broken(where, "vocabulary does not fit", fmt::format("at most {} tokens", file.vocab),
                  fmt::format("{}", n_pieces));
  std::vector<uint32_t> ends;
  for (int64_t i = 0; i <= n_pieces; ++i) ends.push_back(cursor.take<uint32_t>());
  for (int64_t i = 0; i < n_pieces; ++i) {
    file.scores.push_back(static_cast<double>(cursor.take<float>()));
    if (!(std::abs(file.scores.back()) < 1e30)) return broken(where, "score is not a usable number");
  }
  const std::string text = cursor.take_text(n_text_bytes);
  if (ends.front() != 0 || ends.back() != text.size() || cursor.is_over())
    return broken(where, "the vocabulary's text does not fit", fmt::format("{} bytes", ends.back()),
                  fmt::format("{}", text.size()));
  for (size_t i = 0; i + 1 < ends.size(); ++i) {
    if (ends[i + 1] < ends[i] || ends[i + 1] > text.size()) return broken(where, "the vocabulary's texts overlap");
    file.pieces.push_back(text.substr(ends[i], ends[i + 1] - ends[i]));
    if (replace_invalid_utf8(file.pieces.back()) != file.pieces.back() || file.pieces.back().empty())
      return broken(where, "a token is not valid UTF-8, or empty", "", fmt::format("token {}", i));
  }
  return {};
}

bool is_character(uint32_t c) {
  return c > 0 && c < 0x110000 && (c < 0xD800 || c >= 0xE000);
}

Status read_replacements(Cursor& cursor, E5s1File& file, const std::string& where) {
  const auto n_entries = cursor.take<uint32_t>(), n_bytes = cursor.take<uint32_t>();
  Cursor entries(cursor.take_bytes(n_bytes));
  for (uint32_t i = 0; i < n_entries && !entries.is_over(); ++i) {
    const auto from = entries.take<uint32_t>();
    const auto n_becomes = entries.take<uint8_t>();
    std::string key, becomes;
    bool is_right = is_character(from);
    if (is_right) append_utf8(key, from);
    for (int k = 0; k < n_becomes; ++k) {
      const auto c = entries.take<uint32_t>();
      is_right = is_right && is_character(c);
      if (is_right) append_utf8(becomes, c);
    }
    if (!is_right || !file.replacements.emplace(key, becomes).second)
      return broken(where, "replacement of no character, or a second one", "", fmt::format("entry {}", i));
  }
  if (entries.is_over() || entries.n_left() != 0 || cursor.is_over() || file.replacements.empty())
    return broken(where, "table of replacements does not fit", fmt::format("{} bytes", n_bytes));
  return {};
}

using Shapes = std::map<std::string, Shape>;

Shapes shapes_of(const E5s1File& f) {
  Shapes shapes{{"emb.word", shape_of({f.vocab, f.hidden})},
                {"emb.pos", shape_of({f.n_positions, f.hidden})},
                {"emb.type", shape_of({f.n_types, f.hidden})},
                {"emb.ln.w", shape_of({f.hidden})},
                {"emb.ln.b", shape_of({f.hidden})}};
  for (int64_t i = 0; i < f.n_layers; ++i) {
    const auto name = [&](const char* part) { return fmt::format("l{}.{}", i, part); };
    for (const char* part : {"q", "k", "v", "ao"})
      shapes[name(part) + ".w"] = shape_of({f.hidden, f.hidden}), shapes[name(part) + ".b"] = shape_of({f.hidden});
    shapes[name("fi.w")] = shape_of({f.ffn, f.hidden}), shapes[name("fi.b")] = shape_of({f.ffn});
    shapes[name("fo.w")] = shape_of({f.hidden, f.ffn}), shapes[name("fo.b")] = shape_of({f.hidden});
    for (const char* part : {"aln.w", "aln.b", "oln.w", "oln.b"}) shapes[name(part)] = shape_of({f.hidden});
  }
  return shapes;
}

Status read_tensors(Cursor& cursor, std::span<const std::byte> bytes, E5s1File& file, const std::string& where) {
  const Shapes shapes = shapes_of(file);
  const auto n_tensors = cursor.take<uint32_t>();
  if (n_tensors != shapes.size())
    return broken(where, "wrong number of tensors", fmt::format("{}", shapes.size()), fmt::format("{}", n_tensors));
  for (uint32_t i = 0; i < n_tensors; ++i) {
    const std::string name = cursor.take_text(cursor.take<uint16_t>());
    const auto type = cursor.take<uint8_t>();
    const auto n_elems = cursor.take<uint32_t>();
    const auto offset = cursor.take<uint64_t>(), n_bytes = cursor.take<uint64_t>();
    const auto shape = shapes.find(name);
    if (cursor.is_over() || shape == shapes.end())
      return broken(where, "a tensor that such a model does not have", "", replace_invalid_utf8(name));
    TensorView view{type == kBlocks ? DType::kQ4_0 : DType::kF32, shape->second, nullptr};
    if (type > kBlocks || static_cast<int64_t>(n_elems) != view.shape.n_elems() || view.n_bytes() != n_bytes)
      return broken(where + ": " + name, "wrong size of a tensor", view.shape.to_string(),
                    fmt::format("{} elements of type {} in {} bytes", n_elems, type, n_bytes));
    if (offset > bytes.size() || n_bytes > bytes.size() - offset)
      return broken(where + ": " + name, "a tensor behind the end of the file", fmt::format("within {}", bytes.size()),
                    fmt::format("{} + {}", offset, n_bytes));
    view.data = bytes.data() + offset;
    if (!file.tensors.emplace(name, view).second) return broken(where, "two tensors have one name", "", name);
  }
  return {};
}

}  // namespace

Result<E5s1File> read_e5s1(std::span<const std::byte> bytes, const std::string& where) {
  E5s1File file;
  Cursor cursor(bytes);
  HANOK_RETURN_IF_ERROR(read_sizes(cursor, file, where));
  HANOK_RETURN_IF_ERROR(read_pieces(cursor, file, where));
  HANOK_RETURN_IF_ERROR(read_replacements(cursor, file, where));
  HANOK_RETURN_IF_ERROR(read_tensors(cursor, bytes, file, where));
  return file;
}

}  // namespace hanok
