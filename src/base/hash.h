// Hashes that are the same in every run and on every machine; not for what somebody might forge.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace hanok {

inline constexpr uint64_t kFnv1aStart = 0xcbf29ce484222325u;

// FNV-1a of the bytes, going on from `hash`.
inline uint64_t fnv1a(std::string_view bytes, uint64_t hash = kFnv1aStart) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

// Of large data, about as fast as memory is read: four interleaved chains of little-endian words.
inline uint64_t hash_fast(std::span<const uint8_t> bytes) {
  constexpr uint64_t kPrime = 0x9e3779b185ebca87u;
  uint64_t chains[4] = {bytes.size(), 1, 2, 3};
  for (size_t at = 0; at < bytes.size(); at += sizeof chains) {
    uint64_t words[4] = {};
    std::memcpy(words, bytes.data() + at, std::min(sizeof words, bytes.size() - at));
    for (size_t i = 0; i < 4; ++i) chains[i] = std::rotl((chains[i] ^ words[i]) * kPrime, 31);
  }
  uint64_t hash = 0;
  for (const uint64_t chain : chains) hash = std::rotl((hash ^ chain) * kPrime, 31);
  return hash;
}

}  // namespace hanok
