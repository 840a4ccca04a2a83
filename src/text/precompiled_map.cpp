#include "text/precompiled_map.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "text/unicode.h"

namespace hanok {
namespace {

// The units of a Darts double array: a label, an offset to the children, and whether a value stands among them.
bool has_leaf(uint32_t unit) {
  return ((unit >> 8) & 1) != 0;
}
uint32_t label_of(uint32_t unit) {
  return unit & 0x800000ffu;
}
uint32_t value_of(uint32_t unit) {
  return unit & 0x7fffffffu;
}
uint32_t offset_of(uint32_t unit) {
  return (unit >> 10) << ((unit & 0x200u) >> 6);
}

}  // namespace

Result<PrecompiledMap> PrecompiledMap::read(std::string_view blob) {
  uint32_t n_bytes = 0;
  if (blob.size() >= 4) std::memcpy(&n_bytes, blob.data(), 4);
  if (n_bytes == 0 || n_bytes % 4 != 0 || n_bytes > blob.size() - 4) {
    return fail(ErrorKind::kCorruptFile, "table of replacements is broken", "precompiled_charsmap",
                fmt::format("a trie within {} bytes", blob.size()), fmt::format("{} bytes", n_bytes));
  }
  if (const std::string_view replacements = blob.substr(4 + n_bytes);
      replace_invalid_utf8(replacements) != replacements) {
    return fail(ErrorKind::kCorruptFile, "table of replacements is broken", "precompiled_charsmap", "valid UTF-8");
  }
  PrecompiledMap map;
  map.units_.resize(n_bytes / 4);
  std::memcpy(map.units_.data(), blob.data() + 4, n_bytes);
  map.replacements_ = blob.substr(4 + n_bytes);
  return map;
}

std::optional<PrecompiledMap::Match> PrecompiledMap::match(std::string_view text, bool longest) const {
  std::optional<Match> best;
  uint32_t at = offset_of(units_[0]);
  for (size_t n = 0; n < text.size(); ++n) {
    const uint32_t byte = static_cast<uint8_t>(text[n]);
    at ^= byte;
    if (at >= units_.size() || label_of(units_[at]) != byte) break;
    const uint32_t unit = units_[at];
    at ^= offset_of(unit);
    if (!has_leaf(unit)) continue;
    if (at >= units_.size() || value_of(units_[at]) >= replacements_.size()) break;
    const std::string_view rest = std::string_view(replacements_).substr(value_of(units_[at]));
    if ((static_cast<uint8_t>(rest[0]) & 0xc0) == 0x80) break;  // points into a character
    best = Match{n + 1, rest.substr(0, rest.find('\0'))};
    if (!longest) break;
  }
  return best;
}

std::string PrecompiledMap::apply_by_grapheme(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view cluster = text.substr(0, grapheme_length(text));
    text.remove_prefix(cluster.size());
    if (const auto whole = cluster.size() < 6 ? shortest(cluster) : std::nullopt) {
      out += whole->replacement;
      continue;
    }
    for_each_char(cluster, [&](char32_t, std::string_view bytes) {
      const auto part = shortest(bytes);
      out += part ? part->replacement : bytes;
    });
  }
  return out;
}

Result<std::string> decode_base64(std::string_view text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  int n_bits = 0;
  const size_t end = std::min(text.find_last_not_of('=') + 1, text.size());
  for (size_t i = 0; i < end; ++i) {
    const size_t digit = kDigits.find(text[i]);
    if (digit == std::string_view::npos) {
      return fail(ErrorKind::kCorruptFile, "text is not base64", fmt::format("byte {}", i));
    }
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    n_bits += 6;
    if (n_bits < 8) continue;
    n_bits -= 8;
    out += static_cast<char>((bits >> n_bits) & 0xff);
  }
  return out;
}

}  // namespace hanok
