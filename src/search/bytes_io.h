// How the index's files are written: little-endian numbers, variable-length numbers, counted strings, checksums.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace hanok {

template <std::unsigned_integral T>
void put_le(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
}

// Seven bits a byte, the lowest first.
inline void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

inline void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out += text;
}

// Reads what was written so; every step says whether the bytes had it.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <std::unsigned_integral T>
  bool le(T& value) {
    if (bytes_.size() < sizeof(T)) return false;
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof(T); ++i)
      number |= static_cast<uint64_t>(static_cast<unsigned char>(bytes_[i])) << (8 * i);
    value = static_cast<T>(number);
    bytes_.remove_prefix(sizeof(T));
    return true;
  }
  bool varint(uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_[0]);
      bytes_.remove_prefix(1);
      if (shift == 63 && byte > 1) return false;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool varint32(uint32_t& value) {
    uint64_t wide = 0;
    if (!varint(wide) || wide > UINT32_MAX) return false;
    value = static_cast<uint32_t>(wide);
    return true;
  }
  bool take(size_t n_bytes, std::string_view& bytes) {
    if (n_bytes > bytes_.size()) return false;
    bytes = bytes_.substr(0, n_bytes);
    bytes_.remove_prefix(n_bytes);
    return true;
  }
  bool text(std::string& text) {
    uint64_t n_bytes = 0;
    std::string_view bytes;
    if (!varint(n_bytes) || n_bytes > bytes_.size() || !take(static_cast<size_t>(n_bytes), bytes)) return false;
    text = bytes;
    return true;
  }
  size_t n_left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

static_assert(std::endian::native == std::endian::little);
// A number of `bytes`, which hold it.
template <class T>
T number_at(std::string_view bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// Finds accidents, not forgery; some gigabytes a second.
inline uint64_t checksum_of(std::string_view bytes) {
  constexpr uint64_t kFactor = 0x9e3779b97f4a7c15u;
  uint64_t hash = bytes.size() * kFactor;
  const auto mix = [&](uint64_t word) {
    hash ^= word;
    hash = (hash << 29 | hash >> 35) * kFactor;
  };
  while (bytes.size() >= sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof word);
    mix(word);
    bytes.remove_prefix(sizeof word);
  }
  uint64_t word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  mix(word);
  return hash ^ hash >> 32;
}

}  // namespace hanok
