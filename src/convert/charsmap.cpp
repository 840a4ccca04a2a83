#include "convert/charsmap.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/utf8.h"
#include "text/unicode.h"

namespace hanok {
namespace {

constexpr uint32_t kEmpty = 0x80000000u;  // no byte's label, no leaf
constexpr uint32_t kHasLeaf = 1u << 8;
constexpr size_t kBlock = 256, kOpenBlocks = 16;
constexpr uint32_t kMaxOffset = 1u << 21;

// Builds a double array whose nodes have their children at (place of the children) xor (byte), 0 for a value.
class ArrayBuilder {
 public:
  ArrayBuilder() {
    grow();
    is_used_[0] = true;
    units_[0] = 0;
  }

  // The children of the node at `at`: the texts in [first, last) beyond their first n_bytes.
  void add(size_t at, const std::vector<std::pair<std::string, uint32_t>>& texts, size_t first, size_t last,
           size_t n_bytes) {
    std::vector<uint8_t> bytes;
    for (size_t i = first; i < last; ++i) {
      const std::string& text = texts[i].first;
      const auto byte = n_bytes < text.size() ? static_cast<uint8_t>(text[n_bytes]) : uint8_t{0};
      if (bytes.empty() || bytes.back() != byte) bytes.push_back(byte);
    }
    const size_t base = find_base(bytes);
    is_base_[base] = true;
    const size_t offset = at ^ base;
    HANOK_CHECK(offset < kMaxOffset, "the table of replacements is small enough for plain offsets");
    units_[at] |= static_cast<uint32_t>(offset) << 10;
    for (const uint8_t byte : bytes) {
      is_used_[base ^ byte] = true;
      units_[base ^ byte] = byte;
    }
    for (size_t i = first; i < last;) {
      const std::string& text = texts[i].first;
      if (text.size() == n_bytes) {
        units_[at] |= kHasLeaf;
        units_[base] = texts[i++].second | kEmpty;
        continue;
      }
      size_t end = i;
      while (end < last && texts[end].first[n_bytes] == text[n_bytes]) ++end;
      add(base ^ static_cast<uint8_t>(text[n_bytes]), texts, i, end, n_bytes + 1);
      i = end;
    }
  }

  const std::vector<uint32_t>& units() const { return units_; }

 private:
  void grow() {
    units_.resize(units_.size() + kBlock, kEmpty);
    is_used_.resize(units_.size());
    is_base_.resize(units_.size());
  }

  bool fits(size_t base, const std::vector<uint8_t>& bytes) const {
    return !is_base_[base] &&
           std::none_of(bytes.begin(), bytes.end(), [&](uint8_t byte) { return is_used_[base ^ byte]; });
  }

  size_t find_base(const std::vector<uint8_t>& bytes) {
    const size_t open = units_.size() - std::min(units_.size(), kOpenBlocks * kBlock);
    for (size_t base = open; base < units_.size(); ++base)
      if (fits(base, bytes)) return base;
    grow();
    return units_.size() - kBlock;
  }

  std::vector<uint32_t> units_;
  std::vector<bool> is_used_, is_base_;
};

void append_u32(std::string& bytes, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>((value >> shift) & 0xff);
}

}  // namespace

std::string write_charsmap(const Replacements& replacements) {
  std::string targets;
  std::map<std::string_view, uint32_t> places;
  std::vector<std::pair<std::string, uint32_t>> texts;
  for (const auto& [text, becomes] : replacements) {
    const auto [it, is_new] = places.emplace(becomes, static_cast<uint32_t>(targets.size()));
    if (is_new) targets.append(becomes).push_back('\0');
    texts.emplace_back(text, it->second);
  }
  // By bytes, as the trie's children lie; std::string compares them so.
  ArrayBuilder builder;
  builder.add(0, texts, 0, texts.size(), 0);
  std::string blob;
  append_u32(blob, static_cast<uint32_t>(4 * builder.units().size()));
  for (const uint32_t unit : builder.units()) append_u32(blob, unit);
  return blob + targets;
}

void add_decomposed(Replacements& replacements) {
  constexpr char32_t kFirst = 0xC0, kEnd = 0x30000, kSurrogates = 0xD800, kAfterSurrogates = 0xE000;
  for (char32_t c = kFirst; c < kEnd; ++c) {
    if (c == kSurrogates) c = kAfterSurrogates;
    std::string whole;
    append_utf8(whole, c);
    const std::string apart = normalize(whole, Normalization::kNfd);
    if (apart == whole || normalize(apart, Normalization::kNfc) != whole) continue;
    const auto known = replacements.find(whole);
    const std::string becomes = known != replacements.end() ? known->second : whole;
    replacements.emplace(apart, becomes);
    size_t last = apart.size() - 1;
    while (last > 0 && (static_cast<uint8_t>(apart[last]) & 0xc0) == 0x80) --last;
    replacements.emplace(normalize(apart.substr(0, last), Normalization::kNfc) + apart.substr(last), becomes);
  }
}

}  // namespace hanok
